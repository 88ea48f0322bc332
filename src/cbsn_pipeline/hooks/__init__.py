"""What happens around a run, and not inside it: the sample, and the tracking."""

from cbsn_pipeline.hooks.sample_hook import SampleHook
from cbsn_pipeline.hooks.tracking_hook import TrackingHook

__all__ = ["SampleHook", "TrackingHook"]
