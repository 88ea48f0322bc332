"""What happens around a run: sample, raw data, tracking, further runs."""

from cbsn_pipeline.hooks.inputs_hook import InputsHook
from cbsn_pipeline.hooks.parameters_hook import ParametersHook
from cbsn_pipeline.hooks.protocol_hook import ProtocolHook
from cbsn_pipeline.hooks.raw_data_hook import RawDataHook
from cbsn_pipeline.hooks.runner_hook import RunnerHook
from cbsn_pipeline.hooks.sample_hook import SampleHook
from cbsn_pipeline.hooks.session_hook import SessionHook
from cbsn_pipeline.hooks.tracking_hook import TrackingHook

__all__ = [
    "InputsHook",
    "ParametersHook",
    "ProtocolHook",
    "RawDataHook",
    "RunnerHook",
    "SampleHook",
    "SessionHook",
    "TrackingHook",
]
