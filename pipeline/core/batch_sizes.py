"""Images that nets are given at once, from one budget of memory: the one place that trades memory for speed.

Fixed, so that neither memory nor the last bits of a result depend on the number of inputs.
"""

MEGABYTE = 10**6
BUDGET = 1600 * MEGABYTE
"""Bytes that a batch may take beside the weights of the nets; below, what the largest nets take of it."""
IMAGES = BUDGET // (200 * MEGABYTE)
"""Images of a few hundred pixels: face parsing, depth, restoration of crops."""
SMALL_IMAGES = BUDGET // (50 * MEGABYTE)
"""Images of up to 224 pixels: attribute predictors, CLIP, trials of strengths."""
ENCODED_IMAGES = BUDGET // (100 * MEGABYTE)
"""Images of the encoder."""
FACES = BUDGET // (800 * MEGABYTE)
"""Faces of 512 pixels for a restorer on a CPU."""
FACES_ON_GPU = 8 * FACES
"""The same on a GPU as long as its memory lasts."""
GENERATED_PIXELS = BUDGET // 381
"""Pixels of the generator's images, 400 MB for one of 1024 x 1024."""
PHOTOS, PHOTO_PIXELS = IMAGES, BUDGET // 25
"""Photos, and pixels of their results, that are restored as one group."""
