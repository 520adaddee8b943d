"""The published face detector's file, for tests that need real detections; they are skipped where it is missing."""

import os
from pathlib import Path

import pytest

from pipeline.photo.detector import FaceDetector
from pipeline.photo.yunet import YuNet

YUNET = "face_detection_yunet_2023mar.onnx"
FOLDERS = (os.environ.get("FACE_EDIT_WEIGHTS"), Path(__file__).parents[3] / "shared" / "weights")


def yunet_path() -> Path:
    """The real detector's file; the test is skipped where it is not."""
    for folder in filter(None, FOLDERS):
        if (Path(folder) / YUNET).is_file():
            return Path(folder) / YUNET
    pytest.skip(f"{YUNET} is not on this machine (`face-edit models fetch faces`)")


def yunet() -> FaceDetector:
    """The real detector, or the test is skipped."""
    return FaceDetector(YuNet(yunet_path()))
