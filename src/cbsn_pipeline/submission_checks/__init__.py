"""Checks a submission to SIDD or DND, of anybody's, before it is uploaded."""
