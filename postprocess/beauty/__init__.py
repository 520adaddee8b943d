"""Retouching effects, one module each: pure functions of an image and its labels.

An effect takes an RGB image, uint8 (H, W, 3), the 11 classes of LaPa, uint8 (H, W), and a strength 0..1; at 0 the
pixels stay equal. It changes only pixels of its classes, monotonically in the strength; lengths scale with the face.
"""

COLOURS = {"eye_colour": "iris", "lip_colour": "lips"}
"""Colour settings and their effects."""
DEFAULTS = {"eye_colour": "#4f7fae", "lip_colour": "#b03a56"}
"""Default of each colour."""
SEEN = 0.6
"""Strength of an effect if only its colour is given."""
