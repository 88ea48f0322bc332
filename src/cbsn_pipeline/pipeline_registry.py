"""The pipelines that ``kedro run --pipeline=NAME`` knows, in the order of a run."""

from kedro.pipeline import Pipeline

from cbsn_pipeline.pipelines import (
    check_submission,
    compare,
    denoise,
    estimate,
    ingest,
    patches,
    reproduce,
    sample,
    submit,
    train,
    validate,
)


def register_pipelines() -> dict[str, Pipeline]:
    """One pipeline per stage; ``train`` starts from raw files, ``train_only`` does not.

    Not in the whole chain are ``sample``, which a hook runs where its files are
    missing, ``estimate``, which is asked before a training, ``compare``, which is asked
    after several, ``check_submission``, which is given a file, and the card of
    ``reproduce``.
    """
    from_raw_files = (
        ingest.create_pipeline() + patches.create_pipeline() + train.create_pipeline()
    )
    return {
        "sample": sample.create_pipeline(),
        "ingest": ingest.create_pipeline(),
        "patches": patches.create_pipeline(),
        "estimate": estimate.create_pipeline(),
        "train": from_raw_files,
        "train_only": train.create_pipeline(),
        "validate": validate.create_pipeline(),
        "compare": compare.create_pipeline(),
        "submit": submit.create_pipeline(),
        "check_submission": check_submission.create_pipeline(),
        "denoise": denoise.create_pipeline(),
        "reproduce": from_raw_files
        + validate.create_pipeline()
        + reproduce.create_pipeline(),
        "__default__": from_raw_files
        + validate.create_pipeline()
        + submit.create_pipeline()
        + denoise.create_pipeline(),
    }
