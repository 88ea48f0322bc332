"""Refuses a run whose ``--params`` name something that no stage knows."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.validation.type_extractor import TypeExtractor
from pydantic import BaseModel, ValidationError

# Where the configuration takes a value of the command line that is of no stage
RUNTIME_VALUE = re.compile(r"\$\{runtime_params:\s*(\w+)")
ALIKE = 0.6  # similarity from which a name is worth suggesting


class ParametersHook:
    """Checks ``--params`` of all stages, also of those that this run leaves out.

    Kedro itself ignores a key that no dataset and no node asks for, so that a run with
    a misspelt one would go on with the value of the configuration.
    """

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Compare every key with the configuration and the options of the stages.

        Raises:
            ValueError: A key is unknown, or a value is not one that its option takes;
                names them all, and for an unknown key the nearest known one.
        """
        loader = context.config_loader
        assert isinstance(loader, OmegaConfigLoader)  # settings.py takes no other
        given = dict(loader.runtime_params or {})
        if not given:
            return
        values = _runtime_values(loader)
        stages = _stages(loader, {k: v for k, v in given.items() if k in values})
        options = _options()
        problems = [
            _unknown(key, stages | values, options)
            for key in sorted(given.keys() - stages - values)
        ]
        merged = loader["parameters"]
        for stage in sorted(given.keys() & options.keys()):
            problems.extend(_problems_of_stage(stage, merged[stage], options[stage]))
        if problems:
            raise ValueError(
                "These --params cannot be used, so nothing was started:\n"
                + "\n".join(f"- {problem}" for problem in problems)
                + f"\nStages: {', '.join(sorted(stages))}; their options are in "
                "conf/base/parameters_STAGE.yml.\n"
                f"Other values: {', '.join(sorted(values))}.\n"
                "Kedro splits --params at commas: a value with a comma goes into a "
                "file given by --config."
            )


def _stages(loader: OmegaConfigLoader, values: dict[str, Any]) -> set[str]:
    """Names of the stages in the configuration, without what else was given."""
    configured = OmegaConfigLoader(
        loader.conf_source,
        env=loader.env,
        base_env=loader.base_env,
        default_run_env=loader.default_run_env,
        runtime_params=values,  # files may ask for some without a default
    )
    return set(configured["parameters"])


def _runtime_values(loader: OmegaConfigLoader) -> set[str]:
    """Names that the files of the configuration ask the command line for."""
    root = Path(loader.conf_source)
    environments = {loader.base_env, loader.env or loader.default_run_env}
    files = (file for name in environments for file in (root / name).rglob("*.yml"))
    return {
        name
        for file in files
        for name in RUNTIME_VALUE.findall(file.read_text(encoding="utf-8"))
    }


def _options() -> dict[str, type[BaseModel]]:
    """The options of each stage, as its nodes declare them."""
    from cbsn_pipeline.pipeline_registry import register_pipelines

    types = TypeExtractor(register_pipelines()).extract_types_from_pipelines()
    return {
        name: model for name, model in types.items() if issubclass(model, BaseModel)
    }


def _unknown(key: str, known: set[str], options: Mapping[str, type[BaseModel]]) -> str:
    """Say that nothing has this name, and what may have been meant."""
    stage, dot, option = key.partition(".")
    if dot and stage in known:
        return f"{key} is one key here: write {option} below {stage}, indented."
    within = [f"{s}.{key}" for s, model in options.items() if key in model.model_fields]
    return f"{key} is not known{_suggest(within or _nearest(key, known))}"


def _problems_of_stage(
    stage: str, values: object, model: type[BaseModel]
) -> Iterator[str]:
    if not isinstance(values, Mapping):
        yield (
            f"{stage}={values} replaces all options of the stage {stage}: name one of "
            f"them, such as {stage}.{next(iter(model.model_fields))}=VALUE."
        )
        return
    try:
        model(**values)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            place = [str(part) for part in problem["loc"]]
            name = ".".join([stage, *place])
            if problem["type"] == "extra_forbidden":
                above = [stage, *place[:-1]]
                near = _nearest(place[-1], _fields(model, place[:-1]))
                full = [".".join([*above, option]) for option in near]
                yield f"{name} is not an option{_suggest(full)}"
            else:
                yield f"{name}={problem['input']!r}: {problem['msg']}."


def _fields(model: type[BaseModel], place: list[str]) -> set[str]:
    """Options at a place inside a stage; none where it is not a plain group."""
    for name in place:
        field = model.model_fields.get(name)
        inner = field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return set()
        model = inner
    return set(model.model_fields)


def _nearest(name: str, known: set[str]) -> list[str]:
    return get_close_matches(name, sorted(known), n=1, cutoff=ALIKE)


def _suggest(names: list[str]) -> str:
    return f"; did you mean {' or '.join(names)}?" if names else "."
