"""Project settings. Every run of Kedro imports this: it imports nothing heavy."""

from cbsn_pipeline.hooks import (
    InputsHook,
    ParametersHook,
    ProtocolHook,
    RawDataHook,
    RunnerHook,
    SampleHook,
    SessionHook,
    TrackingHook,
)

# The last one is called first, where order counts: parameters must be known, runner and
# protocol must fit the pipeline, what its nodes take from memory must be there, the
# sample is made, raw data is looked for, the run is tracked, and nodes that start more
# runs are told of it.
HOOKS = (
    SessionHook(),
    TrackingHook(),
    RawDataHook(),
    SampleHook(),
    ProtocolHook(),
    InputsHook(),
    RunnerHook(),
    ParametersHook(),
)
DISABLE_HOOKS_FOR_PLUGINS = ("kedro_telemetry",)  # nothing is sent anywhere

CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "sample",
    # an environment names the options that differ, not the whole stage
    "merge_strategy": {"parameters": "soft"},
    "config_patterns": {"mlflow": ["mlflow*", "mlflow*/**"]},
}
