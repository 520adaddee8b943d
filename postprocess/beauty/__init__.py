"""What a beautifier does to a face: one effect in each module, a pure function of a picture and its labels.

An effect takes an RGB picture, uint8 (H, W, 3), the 11 classes of LaPa, uint8 (H, W), and a strength 0..1; at 0 it
returns the picture's own pixels. It changes no pixel of a class that it is not about, each pixel the further the
stronger it is, and its sizes go by the size of the face.
"""

COLOURS = {"eye_colour": "iris", "lip_colour": "lips"}
"""Colours that can be chosen, and the effects that give them."""
DEFAULTS = {"eye_colour": "#4f7fae", "lip_colour": "#b03a56"}
"""Each colour where none is chosen."""
SEEN = 0.6
"""Strength of an effect whose colour is chosen without one."""
