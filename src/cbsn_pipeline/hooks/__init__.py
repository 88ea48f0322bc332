"""What happens around a run, and not inside it: the sample, and the tracking."""

from cbsn_pipeline.hooks.raw_data_hook import RawDataHook
from cbsn_pipeline.hooks.sample_hook import SampleHook
from cbsn_pipeline.hooks.tracking_hook import TrackingHook

__all__ = ["RawDataHook", "SampleHook", "TrackingHook"]
