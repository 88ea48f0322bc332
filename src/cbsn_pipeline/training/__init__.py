"""The training of C-BSN: options, batches, schedule, steps, resumable state.

Needs torch, numpy and pydantic, nothing else: no file format, no tracker, no Kedro.
"""
