"""Every environment can be read, and says nothing that a stage does not know."""

from importlib import import_module
from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog

from cbsn_pipeline.hooks.tracking_options import TrackingOptions
from cbsn_pipeline.pipeline_registry import register_pipelines
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
    "diagnose": "cbsn_pipeline.pipelines.diagnose.options:DiagnoseOptions",
}
PIPELINES = register_pipelines()
# A dataset that each is for, its file below 08_reporting, and what MLflow gets of it.
FACTORIES = {
    "{part}_scores": ("image_scores", "image_scores.csv", None),
    "{stage}_report": ("doctor_report", "doctor.json", "doctor/doctor.json"),
    "{site}_submission_report": (
        "dnd_submission_report",
        "dnd_submission_report.json",
        "submit_dnd/report.json",
    ),
    "{stage}_metrics": ("estimate_metrics", None, "metrics"),
    "{stage}_tags": ("estimate_tags", None, "tags"),
}
ENVIRONMENTS = ["sample", "sidd", "sidd_small", "blocks", "dnd", "photos"]


def load(environment, kind):
    return OmegaConfigLoader(CONF, env=environment, **CONFIG_LOADER_ARGS)[kind]


def read_catalog(environment):
    """As a run has it: a dataset exists when it is asked for."""
    return DataCatalog.from_config(load(environment, "catalog"), save_version="V")


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


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_dataset_has_an_entry_or_a_factory_and_a_layer(environment):
    catalog = read_catalog(environment)

    names = {
        name
        for stage, pipeline in PIPELINES.items()
        if stage != "sample" or environment == "sample"
        for name in pipeline.datasets()
        if not name.startswith("params:")
    }
    assert sorted(name for name in names if name not in catalog) == []
    for name in names:
        assert catalog[name].metadata["kedro-viz"]["layer"], name


def test_every_entry_and_factory_is_of_a_dataset():
    catalog = read_catalog("sample")

    used = {name for pipeline in PIPELINES.values() for name in pipeline.datasets()}
    assert set(load("sample", "catalog")) - used == set(FACTORIES)
    for factory, (name, _, _) in FACTORIES.items():
        assert catalog.config_resolver.match_dataset_pattern(name) == factory
        assert name in used


@pytest.mark.parametrize(("name", "file", "logged"), FACTORIES.values())
def test_a_factory_says_where_and_what_mlflow_gets(name, file, logged):
    config = read_catalog("sidd").config_resolver.resolve_pattern(name)

    assert config.get("filepath") == (file and f"data/08_reporting/sidd/{file}")
    assert config["metadata"].get("mlflow") == logged
    assert config.get("versioned", False) == (file is not None)


def test_results_are_versioned():
    catalog = read_catalog("sidd")
    versioned = {
        name
        for pipeline in PIPELINES.values()
        for name in pipeline.all_outputs()
        if getattr(catalog.get(name), "_version", None)
    }

    submissions = {"sidd_submission", "dnd_submission"}
    assert versioned >= {"manifest", "denoiser", "block_scores"} | submissions


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

    text = (CONF.parent / name).read_text(encoding="utf-8")
    named = re.findall(r"--pipelines?[= ]([\w,]+)", text)

    assert set(re.findall(r"--env (\w+)", text)) <= set(ENVIRONMENTS)
    assert {p for names in named for p in names.split(",")} - {"NAME"} <= set(PIPELINES)


def test_files_that_documents_link_to_exist():
    import re

    for page in [CONF.parent / "README.md", *(CONF.parent / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


@pytest.mark.parametrize("path", sorted((CONF / "schedules").glob("*.yml")), ids=str)
def test_a_schedule_is_a_run_with_valid_options(path):
    import yaml

    run = yaml.safe_load(path.read_text(encoding="utf-8"))["run"]
    base = {**load(run["env"], "parameters")["train"], **run["params"]["train"]}

    assert run["env"] in ENVIRONMENTS
    assert run["pipelines"] in PIPELINES
    module, name = OPTIONS["train"].split(":")
    train = getattr(import_module(module), name)(**base)
    assert train.ramp_steps <= train.steps
    assert train.resume  # the same command goes on
