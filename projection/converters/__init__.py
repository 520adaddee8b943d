"""Readers of published file formats: NVIDIA pickles, boundaries, direction files."""
