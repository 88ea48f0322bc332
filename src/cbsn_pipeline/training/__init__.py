"""The training of C-BSN: ``run.py`` does a whole one, ``loop.py`` takes the steps.

Needs torch, numpy and pydantic, nothing else: no file format, no tracker, no Kedro.
"""
