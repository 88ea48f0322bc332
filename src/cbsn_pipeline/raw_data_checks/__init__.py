"""Looks at raw data of every kind and says what is wrong, without stopping at it."""
