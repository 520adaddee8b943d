"""Adversarial training of a generator on the user's own aligned images (StyleGAN2, elastic as Anycost)."""
