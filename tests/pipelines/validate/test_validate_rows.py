from cbsn_pipeline.pipelines.validate.options import ValidateOptions
from cbsn_pipeline.pipelines.validate.rows import describe_rows


def test_the_official_set_has_the_inferred_order():
    rows = describe_rows(ValidateOptions())

    assert len(rows) == 40
    assert rows[1].scene_instance == "0021_001_GP_10000_05000_5500_N"
    assert (rows[1].image, rows[1].camera, rows[1].iso) == (1, "GP", 10000)
    assert {row.order for row in rows} == {"inferred"}


def test_part_of_the_official_set_keeps_its_indices():
    rows = describe_rows(ValidateOptions(num_images=2, image_indices=(39, 4)))

    assert [row.image for row in rows] == [39, 4]
    assert [row.scene_instance[:4] for row in rows] == ["0187", "0031"]
    assert {row.order for row in rows} == {"inferred"}


def test_names_that_were_given_are_not_inferred():
    names = ("0052_002_S6_01600_01000_5500_N",)

    (row,) = describe_rows(ValidateOptions(num_images=1, scene_instances=names))

    assert (row.image, row.camera, row.iso, row.order) == (0, "S6", 1600, "given")


def test_another_number_of_images_has_no_names():
    rows = describe_rows(ValidateOptions(num_images=3))

    assert [row.image for row in rows] == [0, 1, 2]
    assert {(row.camera, row.iso, row.order) for row in rows} == {
        ("unknown", None, "unknown")
    }
