import numpy as np

from cbsn_pipeline.submission_checks.rules.changes import check_changes
from cbsn_pipeline.submission_checks.rules.facts import measure_block


def test_one_block_that_is_the_input_but_for_rounding_is_named():
    rng = np.random.default_rng(0)
    noisy = rng.integers(100, 156, (3, 32, 32, 3)).astype(np.uint8)
    denoised = [noisy[0], *np.full((2, 32, 32, 3), 128, np.uint8)]
    facts = [
        measure_block(ours, theirs, place=i, name=f"block {i}", file="a.csv")
        for i, (ours, theirs) in enumerate(zip(denoised, noisy, strict=True))
    ]

    (finding,) = check_changes(facts, [fact.noisy for fact in facts], "a.csv")

    assert (finding.code, finding.index) == ("barely_denoised", "block 0")
    assert finding.what.endswith("levels; it is 0.00.")
