"""`enhance`: faces of a photo restored by ONNX nets, in three independent services and a pipeline."""

from pipeline.enhance.pipeline import Pipeline

__all__ = ["Pipeline"]
