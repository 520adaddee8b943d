"""Retouching of the faces in photographs.

`enhancer = Enhancer(); rgb = enhancer(bgr)` for arrays; `Retoucher` for photographs with bit depth, profile and
metadata; `pipeline.beautify.run` for folders, resumable.
"""

from pipeline.beautify.enhancer import Enhancer
from pipeline.beautify.faces import Retoucher
from pipeline.beautify.job import RetouchJob
from pipeline.beautify.looks import looks, settings_of
from pipeline.beautify.parsers import best_parser, knows_photographs, open_parser

__all__ = [
    "Enhancer",
    "RetouchJob",
    "Retoucher",
    "best_parser",
    "knows_photographs",
    "looks",
    "open_parser",
    "settings_of",
]
