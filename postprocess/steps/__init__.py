"""Blending steps, one module each; the file name is the step's name."""
