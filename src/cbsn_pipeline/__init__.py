"""C-BSN as a Kedro project: denoise real photographs without clean references."""

__version__ = "0.1.0"
