"""Files of any content: how they are written."""
