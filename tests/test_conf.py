"""Every environment can be read, and says nothing that a stage does not know."""

from importlib import import_module
from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader

from cbsn_pipeline.hooks.tracking_options import TrackingOptions
from cbsn_pipeline.settings import CONFIG_LOADER_ARGS

CONF = Path(__file__).resolve().parents[1] / "conf"
DOCS = CONF.parent / "docs"
OPTIONS = {
    "sample": "cbsn_pipeline.pipelines.sample.options:SampleOptions",
    "doctor": "cbsn_pipeline.pipelines.doctor.options:DoctorOptions",
    "ingest": "cbsn_pipeline.pipelines.ingest.options:IngestOptions",
    "patches": "cbsn_pipeline.pipelines.patches.options:PatchOptions",
    "train": "cbsn_pipeline.training.options:TrainOptions",
    "student": "cbsn_pipeline.distillation.options:StudentOptions",
    "import_official": "cbsn_pipeline.pipelines.import_official.options:ImportOptions",
    "validate": "cbsn_pipeline.pipelines.validate.options:ValidateOptions",
    "compare": "cbsn_pipeline.pipelines.compare.options:CompareOptions",
    "reproduce": "cbsn_pipeline.pipelines.reproduce.options:ReproduceOptions",
    "submit_sidd": "cbsn_pipeline.pipelines.submit_sidd.options:SubmitSiddOptions",
    "submit_dnd": "cbsn_pipeline.pipelines.submit_dnd.options:SubmitDndOptions",
    "score": "cbsn_pipeline.pipelines.score.options:ScoreOptions",
    "check_submission": (
        "cbsn_pipeline.pipelines.check_submission.options:CheckSubmissionOptions"
    ),
    "export": "cbsn_pipeline.pipelines.export.options:ExportOptions",
    "denoise": "cbsn_pipeline.pipelines.denoise.options:DenoiseOptions",
}
ENVIRONMENTS = ["sample", "sidd", "sidd_small", "blocks", "dnd", "photos"]


def load(environment, kind):
    return OmegaConfigLoader(CONF, env=environment, **CONFIG_LOADER_ARGS)[kind]


def options(environment, stage):
    module, name = OPTIONS[stage].split(":")
    parameters = load(environment, "parameters")
    assert set(parameters) == set(OPTIONS)
    return getattr(import_module(module), name)(**parameters[stage])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("stage", OPTIONS)
def test_every_option_of_every_environment_is_known(environment, stage):
    options(environment, stage)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_has_a_catalog_and_keeps_its_results_apart(environment):
    catalog = load(environment, "catalog")

    assert f"/{environment}/" in catalog["manifest"]["filepath"]
    assert f"/{environment}/" in catalog["denoiser"]["filepath"]
    TrackingOptions(**load(environment, "mlflow"))


def test_results_are_versioned():
    catalog = load("sidd", "catalog")
    versioned = {name for name, entry in catalog.items() if entry.get("versioned")}

    submissions = {"sidd_submission", "dnd_submission"}
    assert versioned >= {"manifest", "denoiser", "score_table"} | submissions


def test_every_dataset_has_a_layer():
    catalog = load("sample", "catalog")

    for name, entry in catalog.items():
        assert entry["metadata"]["kedro-viz"]["layer"], name


def test_the_base_is_the_papers_run():
    patches, ingest = options("sidd", "patches"), options("sidd", "ingest")

    assert (patches.patch_size, patches.stride, patches.border) == (256, 200, 10)
    assert ingest.num_images == 320
    assert options("dnd", "patches").border == 0


@pytest.mark.parametrize(
    "name", ["README.md", *(f"docs/{p.name}" for p in sorted(DOCS.glob("*.md")))]
)
def test_documents_name_only_environments_and_pipelines_that_exist(name):
    import re

    from cbsn_pipeline.pipeline_registry import register_pipelines

    text = (CONF.parent / name).read_text(encoding="utf-8")
    named = re.findall(r"--pipelines?[= ]([\w,]+)", text)

    assert set(re.findall(r"--env (\w+)", text)) <= set(ENVIRONMENTS)
    assert {p for names in named for p in names.split(",")} - {"NAME"} <= set(
        register_pipelines()
    )


def test_files_that_documents_link_to_exist():
    import re

    for page in [CONF.parent / "README.md", *(CONF.parent / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


@pytest.mark.parametrize("path", sorted((CONF / "schedules").glob("*.yml")), ids=str)
def test_a_schedule_is_a_run_with_valid_options(path):
    import yaml

    from cbsn_pipeline.pipeline_registry import register_pipelines

    run = yaml.safe_load(path.read_text(encoding="utf-8"))["run"]
    base = {**load(run["env"], "parameters")["train"], **run["params"]["train"]}

    assert run["env"] in ENVIRONMENTS
    assert run["pipelines"] in register_pipelines()
    module, name = OPTIONS["train"].split(":")
    train = getattr(import_module(module), name)(**base)
    assert train.ramp_steps <= train.steps
    assert train.resume  # the same command goes on
