"""The texts of all findings about submissions, by code; a table per subject."""

from cbsn_pipeline.submission_checks.rules.messages.dnd import DND
from cbsn_pipeline.submission_checks.rules.messages.files import FILES
from cbsn_pipeline.submission_checks.rules.messages.kaggle import KAGGLE
from cbsn_pipeline.submission_checks.rules.messages.matlab import MATLAB
from cbsn_pipeline.submission_checks.rules.messages.message import Message
from cbsn_pipeline.submission_checks.rules.messages.pixels import PIXELS

__all__ = ["MESSAGES", "Message"]

MESSAGES = FILES | KAGGLE | MATLAB | DND | PIXELS
