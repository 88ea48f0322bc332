"""Runs ``cbsn-denoise`` as ``python -m cbsn_pipeline.photos``."""

import sys

from cbsn_pipeline.photos.command import main

if __name__ == "__main__":
    sys.exit(main())
