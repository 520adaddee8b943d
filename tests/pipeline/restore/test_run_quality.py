"""The embedded net restores: photographs of rendered portraits, worn in every way at once, come nearer to the truth."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from pipeline.core.images import read_image, write_image
from pipeline.core.types import Image
from pipeline.core.weights import locate, model_set
from pipeline.restore.job import RestoreJob
from pipeline.restore.nets import Restorer, open_nets
from pipeline.restore.run import run
from tests.support.package_nets import shared
from tests.support.photos import held_out, worn
from tests.support.yunet import yunet

COUNT = 20
CPU = torch.device("cpu")
FIDELITIES = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)


@cache
def portrait(number: int) -> Image:
    """Portraits of 256 to 512 pixels are rendered at 512 and shrunk."""
    return held_out(number, 512).rgb


def pair(number: int) -> tuple[Image, Image]:
    """A portrait and its worn photo; 256, 384 or 512 pixels wide."""
    side = (256, 384, 512)[number % 3]
    clean = np.asarray(cv2.resize(portrait(number), (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    return clean, worn(clean, number)


def job(folder: Path, detector: str, fidelity: float = 0.7) -> RestoreJob:
    return RestoreJob(folder / "photos", folder / "out", "demo", fidelity, detector=detector)


@pytest.mark.full
@pytest.mark.parametrize(("detector", "decibels", "similarity"), [("yunet", 1.0, 0.045), ("aligned", 1.2, 0.06)])
def test_worn_portraits_are_restored(tmp_path: Path, detector: str, decibels: float, similarity: float) -> None:
    """By the default fidelity: nine in ten are nearer to the truth in both measures; where faces are found, only the
    part of the picture that is their square."""
    pairs = [pair(number) for number in range(COUNT)]
    for number, (_, poor) in enumerate(pairs):
        write_image(tmp_path / "photos" / f"p{number:02d}.png", poor)
    outcome = run(job(tmp_path, detector), CPU, yunet() if detector == "yunet" else None)
    assert outcome.restored >= 0.9 * COUNT
    gains = []
    for number, (clean, poor) in enumerate(pairs):
        after = read_image(tmp_path / "out" / "restored" / f"p{number:02d}.png")
        gains.append((psnr(clean, after) - psnr(clean, poor), ssim(clean, after) - ssim(clean, poor)))
    found = np.array(gains)
    print(
        f"{detector}: PSNR {found[:, 0].mean():+.2f} dB, SSIM {found[:, 1].mean():+.3f}; {(found > 0).mean(0)} better"
    )
    assert (found > 0).mean(axis=0).min() >= 0.9
    assert found[:, 0].mean() > decibels
    assert found[:, 1].mean() > similarity


def test_likeness_to_the_photo_never_falls_with_fidelity(tmp_path: Path) -> None:
    net = open_nets(job(tmp_path, "aligned"), CPU, None).restorer.net
    poor = cv2.resize(pair(0)[1], (256, 256), interpolation=cv2.INTER_AREA)
    found = [Restorer(net, fidelity).restore([poor])[0] for fidelity in FIDELITIES]
    likeness = [-np.abs(one.astype(float) - poor).mean() for one in found]
    assert likeness == sorted(likeness)
    assert likeness[0] < likeness[3] < likeness[-1] == 0


def test_one_worn_portrait_is_restored(tmp_path: Path) -> None:
    clean, poor = pair(3)
    write_image(tmp_path / "photos" / "a.png", poor)
    run(job(tmp_path, "aligned"), CPU)
    after = read_image(tmp_path / "out" / "restored" / "a.png")
    assert psnr(clean, after) > psnr(clean, poor)
    assert ssim(clean, after) > ssim(clean, poor) + 0.02


def test_a_photo_without_colour_stays_without(tmp_path: Path) -> None:
    """Though every pixel of its file has a colour, as a scan has."""
    grey = pair(3)[1][:, :, 1]
    write_image(tmp_path / "photos" / "a.png", np.repeat(grey[:, :, None], 3, axis=2))
    run(job(tmp_path, "aligned"), CPU)
    after = read_image(tmp_path / "out" / "restored" / "a.png")
    assert np.abs(after[:, :, 0].astype(int) - grey).mean() > 1
    assert (after == after[:, :, :1]).all()


def test_the_net_is_small() -> None:
    assert locate(model_set("demo"), "face_restorer").stat().st_size < 2_500_000


def psnr(clean: Image, image: Image) -> float:
    return float(peak_signal_noise_ratio(clean, image))


def ssim(clean: Image, image: Image) -> float:
    return float(structural_similarity(clean, image, channel_axis=2))


@pytest.mark.full
def test_worn_faces_of_photographs_are_restored(tmp_path: Path) -> None:
    """Real faces of 256 pixels: nine in ten come nearer to the picture that was worn."""
    faces = [
        np.asarray(cv2.resize(read_image(path), (256, 256), interpolation=cv2.INTER_AREA), np.uint8)
        for path in sorted(shared("photos/faces").glob("*.png"))
    ]
    pairs = [(face, worn(face, 100 * wear + number)) for number, face in enumerate(faces) for wear in range(3)]
    for number, (_, poor) in enumerate(pairs):
        write_image(tmp_path / "photos" / f"p{number:02d}.png", poor)
    run(job(tmp_path, "aligned"), CPU)
    after = [read_image(tmp_path / "out" / "restored" / f"p{number:02d}.png") for number in range(len(pairs))]
    found = np.array(
        [
            (psnr(clean, one) - psnr(clean, poor), ssim(clean, one) - ssim(clean, poor))
            for (clean, poor), one in zip(pairs, after, strict=True)
        ]
    )
    print(
        f"photographs: PSNR {found[:, 0].mean():+.2f} dB, SSIM {found[:, 1].mean():+.3f}; {(found > 0).mean(0)} better"
    )
    assert (found > 0).mean(axis=0).min() >= 0.9
