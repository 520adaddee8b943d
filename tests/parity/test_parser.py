"""The face parser names what the published BiSeNet names."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from pipeline.core.checkpoints import fill
from pipeline.core.tensors import IMAGENET
from postprocess.labels import merge
from postprocess.nets.bisenet import BiSeNet
from postprocess.parsing import FaceParser
from tests.parity.recipe import Fixture, manifest, seeded


def test_same_keys_and_shapes_as_the_checkpoint() -> None:
    with torch.device("meta"):
        net = BiSeNet()
    assert {key: tuple(value.shape) for key, value in net.state_dict().items()} == manifest("bisenet_19")


def test_same_logits_and_labels() -> None:
    fixture, case = Fixture("bisenet_19"), "logits"
    parser = FaceParser(fill(BiSeNet, seeded("bisenet_19", fixture.salt)), 512, torch.device("cpu"))
    with torch.inference_mode():
        x = IMAGENET.apply(fixture.picture(case))
        heads = parser.net.heads(x)
    main, aux8, aux16 = (F.interpolate(each, size=x.shape[2:], mode="bilinear", align_corners=True) for each in heads)
    found = {
        "out_s16": main[:, :, 3::16, 5::16],
        "out16_s32": aux8[:, :, 3::32, 5::32],
        "out32_s32": aux16[:, :, 3::32, 5::32],
    }
    fixture.check(case, found, besides=("argmax", "gap_small", "merged7"))
    labels = parser.labels([fixture.input(case, "image")])[0]
    doubtful = np.unpackbits(fixture.expected(case, "gap_small"))[: labels.size].reshape(labels.shape) == 1
    assert np.array_equal(labels[~doubtful], fixture.expected(case, "argmax")[~doubtful])
    assert np.array_equal(merge(labels)[~doubtful], fixture.expected(case, "merged7")[~doubtful])
