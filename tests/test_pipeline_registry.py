import inspect
import subprocess
import sys
import typing

from cbsn_pipeline.pipeline_registry import register_pipelines

UNIONS = ("train", "train_only", "submit", "reproduce", "reproduce_dnd", "__default__")
HEAVY = ["torch", "mlflow", "matplotlib", "cv2", "scipy", "skimage", "pandas", "h5py"]


def names(pipeline):
    return {node.name for node in pipeline.nodes}


def test_the_stages_are_registered_in_the_order_of_a_run():
    assert list(register_pipelines()) == [
        "sample",
        "doctor",
        "ingest",
        "patches",
        "estimate",
        "train",
        "train_only",
        "student",
        "import_official",
        "validate",
        "compare",
        "score",
        "submit_sidd",
        "submit_dnd",
        "submit",
        "check_submission",
        "denoise",
        "diagnose",
        "export",
        "reproduce",
        "reproduce_dnd",
        "__default__",
    ]


def test_train_starts_from_raw_files_and_train_only_from_patches():
    pipelines = register_pipelines()

    assert names(pipelines["train"]) == (
        names(pipelines["ingest"])
        | names(pipelines["patches"])
        | names(pipelines["train_only"])
    )
    assert "patches" in pipelines["train_only"].inputs()
    assert "patches" not in pipelines["train"].inputs()


def test_every_node_has_tag_and_namespace_of_its_stage_and_a_plain_name():
    for name, pipeline in register_pipelines().items():
        for node in pipeline.nodes:
            (tag,) = node.tags
            assert node.namespace == tag
            assert "." not in node.name
            assert node.func.__module__.startswith(f"cbsn_pipeline.pipelines.{tag}.")
            assert name in (tag, *UNIONS), (name, node.name)


def test_a_node_is_found_by_its_plain_name_and_a_stage_by_its_namespace():
    validate = register_pipelines()["validate"]
    whole = register_pipelines()["__default__"]

    assert names(whole.only_nodes("score_blocks")) == {"score_blocks"}
    assert names(whole.only_nodes_with_namespaces(["validate"])) == names(validate)
    assert names(whole.only_nodes_with_tags("validate")) == names(validate)
    assert not any("." in name for name in whole.datasets())


def test_the_default_is_the_whole_chain_and_no_more():
    pipelines = register_pipelines()

    stages = ["train", "validate", "submit", "denoise"]
    chain = set.union(*(names(pipelines[stage]) for stage in stages))
    assert names(pipelines["__default__"]) == chain
    for apart in (
        *(
            "sample",
            "doctor",
            "diagnose",
            "estimate",
            "import_official",
            "compare",
            "score",
            "export",
        ),
    ):
        assert not chain & names(pipelines[apart])


def test_the_paper_is_reproduced_without_a_student():
    pipelines = register_pipelines()

    assert "train_student" in names(pipelines["train"]) & names(pipelines["train_only"])
    for name in ("reproduce", "reproduce_dnd"):
        assert "train_student" not in names(pipelines[name])
        assert "denoiser" in pipelines[name].all_outputs()


def test_submit_is_both_submissions():
    pipelines = register_pipelines()

    both = names(pipelines["submit_sidd"]) | names(pipelines["submit_dnd"])
    assert names(pipelines["submit"]) == both


def test_an_estimate_needs_no_data():
    estimate = register_pipelines()["estimate"]

    assert estimate.inputs() == {"params:train", "training_state"}


def test_listing_the_pipelines_imports_nothing_heavy():
    code = (
        "import sys, cbsn_pipeline.settings\n"
        "from cbsn_pipeline.pipeline_registry import register_pipelines\n"
        "register_pipelines()\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )

    answer = subprocess.check_output([sys.executable, "-c", code], text=True)

    assert answer.strip() == "[]"


def test_an_option_has_one_type_in_all_pipelines():
    annotated = {}
    for pipeline in register_pipelines().values():
        for node in pipeline.nodes:
            hints = typing.get_type_hints(node.func)
            arguments = list(inspect.signature(node.func).parameters)
            for name, argument in zip(node.inputs, arguments, strict=False):
                kind = hints.get(argument)
                if name.startswith("params:") and kind is not typing.Any:
                    annotated.setdefault(name, set()).add(kind)

    assert {name: kinds for name, kinds in annotated.items() if len(kinds) > 1} == {}
    assert "params:validate" in annotated
