"""The pipelines that ``kedro run --pipelines=NAME`` knows, in the order of a run."""

from kedro.pipeline import Node, Pipeline, pipeline

from cbsn_pipeline.pipelines import (
    check_submission,
    compare,
    denoise,
    diagnose,
    doctor,
    estimate,
    export,
    import_official,
    ingest,
    patches,
    reproduce,
    sample,
    score,
    student,
    submit_dnd,
    submit_sidd,
    train,
    validate,
)


def register_pipelines() -> dict[str, Pipeline]:
    """One pipeline per stage; ``train`` starts from raw files, ``train_only`` does not.

    Both end with the student stage, which passes the C-BSN on where none is wanted.
    What reproduces the paper has no such stage.

    ``submit`` is both submissions together.

    Not in the whole chain are ``sample``, which a hook runs where its files are
    missing, ``doctor``, ``diagnose`` and ``estimate``, asked before a training,
    ``import_official``, which takes its place, ``compare``, which is asked after
    several, ``score`` and ``check_submission``, which are given files, ``export``,
    which is for other programs, and the cards of ``reproduce`` and ``reproduce_dnd``.

    Every node is in the namespace of its stage, which kedro-viz draws as one box.
    """
    patches_of_raw_files = ingest.create_pipeline() + patches.create_pipeline()
    from_patches = train.create_pipeline() + student.create_pipeline()
    from_raw_files = patches_of_raw_files + from_patches
    as_published = patches_of_raw_files + pipeline(
        train.create_pipeline(), outputs={"cbsn": "denoiser"}
    )
    submit = submit_sidd.create_pipeline() + submit_dnd.create_pipeline()
    pipelines = {
        "sample": sample.create_pipeline(),
        "doctor": doctor.create_pipeline(),
        "ingest": ingest.create_pipeline(),
        "patches": patches.create_pipeline(),
        "estimate": estimate.create_pipeline(),
        "train": from_raw_files,
        "train_only": from_patches,
        "student": student.create_pipeline(),
        "import_official": import_official.create_pipeline(),
        "validate": validate.create_pipeline(),
        "compare": compare.create_pipeline(),
        "score": score.create_pipeline(),
        "submit_sidd": submit_sidd.create_pipeline(),
        "submit_dnd": submit_dnd.create_pipeline(),
        "submit": submit,
        "check_submission": check_submission.create_pipeline(),
        "denoise": denoise.create_pipeline(),
        "diagnose": diagnose.create_pipeline(),
        "export": export.create_pipeline(),
        "reproduce": as_published
        + validate.create_pipeline()
        + reproduce.create_pipeline(),
        "reproduce_dnd": as_published
        + submit_dnd.create_pipeline()
        + reproduce.create_site_pipeline(),
        "__default__": from_raw_files
        + validate.create_pipeline()
        + submit
        + denoise.create_pipeline(),
    }
    return {name: _in_namespaces(whole) for name, whole in pipelines.items()}


class _StageNode(Node):
    """A node of a namespace that keeps its plain name.

    Kedro calls it ``validate.score_blocks``, and ``--nodes=score_blocks`` would fail.
    """

    @property
    def name(self) -> str:
        return self.short_name


def _in_namespaces(whole: Pipeline) -> Pipeline:
    """Put every node into the namespace of its tag; data sets keep their names."""
    return Pipeline(
        [
            _StageNode(
                node.func,
                node._inputs,
                node._outputs,
                name=node.name,
                tags=node.tags,
                namespace=stage,
            )
            for node in whole.nodes
            for stage in node.tags
        ]
    )
