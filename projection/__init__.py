"""Generator, inversion, latents, translations, attribute predictors, and converters of published files."""
