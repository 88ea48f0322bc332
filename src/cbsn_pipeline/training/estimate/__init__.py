"""Time and memory of a training, measured on a few of its steps."""
