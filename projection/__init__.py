"""From photos to latents and from latents to images: inversion, translations and the generator."""
