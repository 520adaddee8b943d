"""Images that nets are given at once: the one place that trades memory for speed.

Fixed, so that neither memory nor the last bits of a result depend on the number of inputs.
"""

IMAGES = 8
"""Images of a few hundred pixels: face parsing, depth, restoration of crops."""
SMALL_IMAGES = 32
"""Images of up to 224 pixels: attribute predictors, CLIP, trials of strengths."""
ENCODED_IMAGES = 16
"""Images of the encoder."""
FACES, FACES_ON_GPU = 2, 16
"""Faces of 512 pixels for a restorer, 0.6 GB each, on a CPU and on a GPU as long as its memory lasts."""
GENERATED_PIXELS = 2**22
"""Pixels of the generator's images."""
PHOTOS, PHOTO_PIXELS = 8, 64_000_000
"""Photos, and pixels of their results, that are restored as one group."""
