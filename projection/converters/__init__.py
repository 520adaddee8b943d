"""Readers of published files: StyleGAN2 checkpoints and pickles, boundaries, translations."""
