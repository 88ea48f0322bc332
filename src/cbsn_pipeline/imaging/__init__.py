"""Images as numpy arrays: grids, quantisation, metrics, camera noise."""
