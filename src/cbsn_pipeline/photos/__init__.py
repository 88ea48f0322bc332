"""Photographs of anybody: found, read, denoised and written as what they were."""
