"""The stages of a run, one package each: nodes.py, options.py, pipeline.py."""
