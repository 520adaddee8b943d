"""Faces in photographs made more beautiful: found, cut out, retouched and put back.

In a program: `enhancer = Enhancer(); rgb = enhancer(bgr)`; for photographs with all that they are, `Beautician`; for
many of them, resumed after an interruption, `pipeline.beautify.run`.
"""

from pipeline.beautify.enhancer import Enhancer
from pipeline.beautify.faces import Retoucher
from pipeline.beautify.looks import looks, settings_of
from pipeline.beautify.parsers import best_parser, open_parser

__all__ = ["Enhancer", "Retoucher", "best_parser", "looks", "open_parser", "settings_of"]
