"""Real faces: irises and lips are coloured where they are and nowhere else, or left as they are."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.beautify import Retoucher, open_parser, settings_of
from pipeline.photo.blaze_face import BlazeFace
from pipeline.photo.detector import FaceDetector
from pipeline.photo.face_mesh import open_face_mesh
from pipeline.photo.opencv_nets import net_file
from pipeline.photo.photo import read_photo
from pipeline.photo.yunet import YuNet
from postprocess.beauty.regions import filled
from postprocess.masks import Mask
from tests.support.package_nets import shared
from tests.support.yunet import yunet_path

COLOURS = {"iris": 1.0, "lips": 1.0, "eye_colour": "#3070ff", "lip_colour": "#d01040"}
VISIBLE, NEAR = 8, 3  # least change, grey levels; how far from an outline, pixels at 512
ON_THE_CHIN = "two_kids_scan_1"
"""The known outline of this face's lips is wrong."""


def reached(region: Mask, by: int) -> Mask:
    """A region (H, W) grown by pixels, or shrunk by negative ones."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(by) + 1,) * 2)
    return np.asarray((cv2.dilate if by > 0 else cv2.erode)(region.astype(np.uint8), kernel) > 0)


def teeth_in(image: np.ndarray, lips: Mask, gap: Mask) -> Mask:
    """What is lighter and paler than the lips, well inside the gap between them."""
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lip = np.median(lab[lips], axis=0)
    pale = np.hypot(lab[:, :, 1], lab[:, :, 2]) < 0.7 * np.hypot(*lip[1:])
    return reached(gap, -NEAR) & (lab[:, :, 0] > lip[0] + 5) & pale


@pytest.mark.parametrize("net", [YuNet, BlazeFace])
def test_irises_and_lips_are_coloured_inside_their_outlines(package_nets: Path, net: type) -> None:
    truth = json.loads(shared("photos/truth.json").read_text())
    path = yunet_path() if net is YuNet else net_file("detector-short-range")
    mesh = open_face_mesh()
    retoucher = Retoucher(settings_of(None, COLOURS), open_parser("demo", "cpu"), FaceDetector(net(path), mesh), mesh)
    left_out = {}
    for name in truth:
        photo = read_photo(shared("photos/faces") / f"{name}.png")
        result, notes = retoucher.photo(photo)
        assert notes == [] and result.recipe is not None
        areas = {key: filled(np.array(line), (512, 512)) for key, line in truth[name].items() if isinstance(line, list)}
        lips, gap = areas["lips_outer"], areas["lips_inner"]
        changed = np.abs(result.rgb.astype(int) - photo.rgb).max(axis=2) > VISIBLE
        eyes = [bool(changed[reached(areas[f"{side}_eye"], NEAR)].any()) for side in ("left", "right")]
        assert eyes[0] == eyes[1], name
        if reasons := result.recipe.get("left_out"):
            left_out[name] = reasons
            continue
        irises = [areas[f"{side}_iris"] for side in ("left", "right")]
        inside = changed[reached(np.logical_or.reduce([lips, *irises]), NEAR)].sum() / changed.sum()
        shown = [
            changed[iris & areas[f"{side}_eye"]].mean() for side, iris in zip(("left", "right"), irises, strict=True)
        ]
        painted, teeth = changed[lips & ~gap].mean(), teeth_in(photo.rgb, lips & ~gap, gap)
        spoilt = changed[teeth].mean() if teeth.any() else 0.0
        print(
            f"{name:18} inside {inside:.2f} irises {shown[0]:.2f} {shown[1]:.2f} lips {painted:.2f} teeth {spoilt:.2f}"
        )
        assert min(shown) >= 0.7, name
        if name != ON_THE_CHIN:
            assert inside >= 0.9 and painted >= 0.7 and spoilt <= 0.1, name
    print(left_out)
    assert len(truth) - len(left_out) >= 14
