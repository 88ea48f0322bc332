"""Options of the tracking: conf/base/mlflow.yml."""

from pydantic import BaseModel, ConfigDict


class TrackingOptions(BaseModel):
    """Where runs are tracked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    tracking_uri: str | None = None
    """Address of a tracking server or database; None is a sqlite file in the project.
    The environment variable MLFLOW_TRACKING_URI wins."""
    experiment: str = "cbsn_pipeline"
