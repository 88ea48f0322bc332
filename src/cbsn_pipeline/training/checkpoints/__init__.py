"""Resumable states: their content, their file, the folder that holds them."""
