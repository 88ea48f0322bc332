import pytest

from cbsn_pipeline.pipelines.score.names import pair_names


def test_equal_relative_paths_are_pairs():
    pairing = pair_names(["a.png", "day/a.png"], ["day/a.png", "a.png"])

    assert pairing.pairs == [(0, 1), (1, 0)]
    assert pairing.denoised_alone == pairing.clean_alone == []


def test_the_same_name_in_another_folder_is_no_partner():
    pairing = pair_names(["day/a.png"], ["night/a.png"])

    assert pairing.pairs == []
    assert pairing.denoised_alone == ["day/a.png"]
    assert pairing.clean_alone == ["night/a.png"]


def test_another_file_type_is_a_partner():
    assert pair_names(["day/a.b.png"], ["day/a.b.JPG"]).pairs == [(0, 0)]


def test_equal_names_go_before_equal_stems():
    pairing = pair_names(["a.png"], ["a.jpg", "a.png"])

    assert pairing.pairs == [(0, 1)]
    assert pairing.clean_alone == ["a.jpg"]


@pytest.mark.parametrize(
    ("denoised", "clean"),
    [(["a.png", "a.jpg"], ["a.tif"]), (["a.tif"], ["a.jpg", "a.png"])],
)
def test_several_partners_are_refused(denoised, clean):
    with pytest.raises(ValueError, match=r"cannot be told: .*a\.(png|tif).*file type"):
        pair_names(denoised, clean)


def test_suffixes_tell_apart_what_lies_in_one_folder():
    names = [
        "x_1_mean.JPG",
        "x_1_real.JPG",
        "x_2_mean.JPG",
        "x_2_real.JPG",
        "readme.png",
    ]

    pairing = pair_names(names, names, denoised_suffix="_real", clean_suffix="_mean")

    assert pairing.pairs == [(1, 0), (3, 2)]
    assert pairing.denoised_alone == pairing.clean_alone == []


def test_one_suffix_is_enough():
    assert pair_names(["a_out.png"], ["a.png"], denoised_suffix="_out").pairs == [
        (0, 0)
    ]


def test_a_suffix_alone_is_no_name():
    with pytest.raises(ValueError, match="'_real' fits none of the 1 denoised"):
        pair_names(["_real.png"], [".png"], denoised_suffix="_real")


def test_a_suffix_that_no_name_has_is_refused():
    with pytest.raises(
        ValueError,
        match=r"score.clean_suffix='_gt' fits none of the 1 clean .* called a\.png",
    ):
        pair_names(["a.png"], ["a.png"], clean_suffix="_gt")


def test_positions_of_arrays_are_names_too():
    pairing = pair_names(["[0, 1]", "[0, 2]"], ["[0, 1]", "[1, 0]"])

    assert pairing.pairs == [(0, 0)]
    assert pairing.denoised_alone == ["[0, 2]"]
    assert pairing.clean_alone == ["[1, 0]"]
