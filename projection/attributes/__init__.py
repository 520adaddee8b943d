"""Attribute predictors: the embedded one, CelebA's, CLIP."""
