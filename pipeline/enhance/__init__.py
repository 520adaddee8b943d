"""Faces of a photo restored by ONNX nets: three services that do not know each other, and what joins them."""

from pipeline.enhance.pipeline import Pipeline

__all__ = ["Pipeline"]
