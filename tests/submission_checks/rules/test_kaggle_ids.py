from cbsn_pipeline.submission_checks.rules.kaggle_ids import check_ids

GRID = (3, 4)


def check(ids):
    return check_ids(ids, [i + 2 for i in range(len(ids))], file="a.csv", grid=GRID)


def codes(ids):
    return [finding.code for finding in check(ids)]


def test_all_in_order_is_right():
    assert codes(list(range(12))) == []


def test_ids_from_one_are_one_finding():
    assert codes(list(range(1, 13))) == ["id_one_based"]


def test_missing_repeated_and_foreign_ids_are_told_apart():
    findings = check([0, 1, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 40])

    assert [finding.code for finding in findings] == [
        "id_repeated",
        "id_outside",
        "id_missing",
    ]
    assert findings[0].index == "line 4"
    assert "ID 1 was on line 3 already" in findings[0].what
    assert findings[2].index == "ID 2 (image 0, block 2)"


def test_the_order_names_its_likely_cause():
    as_text = sorted(range(12), key=str)
    by_block = [image * 4 + block for block in range(4) for image in range(3)]
    mixed = [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10]

    assert "sorted as text" in check(as_text)[0].cause
    assert "over the 3 images first" in check(by_block)[0].cause
    assert "reversed" in check(list(range(11, -1, -1)))[0].cause
    assert "as workers finished" in check(mixed)[0].cause
    assert check(mixed)[0].count == 12


def test_no_ids_at_all_are_all_missing():
    assert codes([]) == ["id_missing"] * 12
