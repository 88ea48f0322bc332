"""File formats that others wrote: how they are read safely, and written."""
