import pytest

from cbsn_pipeline.findings import (
    Finding,
    FindingsError,
    from_records,
    in_words,
    merge,
    num_errors,
    raise_errors,
    to_records,
)


def finding(severity="error", code="nan", file="a.csv", index="block 0", **others):
    texts = {"what": "Holds NaN.", "cause": "Diverged.", "remedy": "Retrain."}
    return Finding(severity, code, file, index, **texts | others)


def test_findings_of_one_code_in_one_file_become_one():
    found = [finding(index=f"block {number}") for number in range(7)]

    (merged,) = merge(found)

    assert merged.count == 7
    assert merged.index == "block 0, block 1, block 2, block 3, block 4 and 2 more"


def test_findings_of_other_codes_files_and_severities_stay_apart():
    found = [finding(), finding(code="order"), finding(file="b"), finding("warning")]

    assert len(merge(found)) == 4


def test_errors_come_first_and_order_is_kept_within():
    found = [finding("note"), finding("warning"), finding(code="x"), finding(code="y")]

    assert [(f.severity, f.code) for f in merge(found)] == [
        ("error", "x"),
        ("error", "y"),
        ("warning", "nan"),
        ("note", "nan"),
    ]


def test_a_whole_file_has_no_index():
    assert merge([finding(index="")])[0].index == ""
    assert in_words(finding(index="")) == "ERROR a.csv: Holds NaN. Diverged. Retrain."


def test_records_come_back():
    found = [finding(), finding("note", index="")]

    assert from_records(to_records(found)) == found


def test_errors_are_counted_by_places():
    merged = merge([finding(), finding(index="block 1"), finding("warning")])

    assert num_errors(merged) == 2


def test_errors_are_raised_with_the_first_and_the_report():
    with pytest.raises(FindingsError, match=r"2 error\(s\) of 2 kind\(s\).*block 0"):
        raise_errors([finding(), finding(code="order")], report="report.json")
    with pytest.raises(FindingsError, match=r"The whole report: report.json\."):
        raise_errors([finding()], report="report.json")


def test_warnings_are_not_raised():
    raise_errors([finding("warning"), finding("note")], report="report.json")
