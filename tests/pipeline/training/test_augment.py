"""Augmentations keep shapes, ranges and the meaning of labels."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.core.tensors import to_tensor
from pipeline.training import augment

LEFT_EYE, RIGHT_EYE, NOSE = 4, 5, 10
LABELS = arrays(np.uint8, (2, 6, 7), elements=st.integers(0, 18))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def images(seed: int = 0, size: int = 32) -> np.ndarray:
    return rng(seed).integers(0, 256, (6, size, size, 3), dtype=np.uint8)


def test_mirroring_swaps_left_and_right_parts():
    labels = np.zeros((1, 3, 8), np.uint8)
    labels[0, 1, 1], labels[0, 1, 6], labels[0, 1, 4] = LEFT_EYE, RIGHT_EYE, NOSE
    mirrored = augment.flip_labels(labels)
    assert mirrored[0, 1, 1] == LEFT_EYE
    assert mirrored[0, 1, 6] == RIGHT_EYE
    assert mirrored[0, 1, 3] == NOSE


@given(LABELS)
def test_mirroring_twice_changes_nothing(labels):
    assert np.array_equal(augment.flip_labels(augment.flip_labels(labels)), labels)


@given(LABELS)
def test_mirroring_keeps_unpaired_classes_as_a_plain_mirror(labels):
    mirrored = augment.flip_labels(labels)
    plain = labels[..., ::-1]
    unpaired = ~np.isin(plain, [2, 3, 4, 5, 7, 8])
    assert np.array_equal(mirrored[unpaired], plain[unpaired])


def test_flip_some_flips_image_and_labels_together():
    pictures, labels = images(), rng(1).integers(0, 19, (6, 32, 32), dtype=np.uint8)
    flipped, marks = augment.flip_some(pictures, labels, rng(3))
    turned = [not np.array_equal(a, b) for a, b in zip(flipped, pictures, strict=True)]
    assert 0 < sum(turned) < 6
    for i, yes in enumerate(turned):
        assert np.array_equal(flipped[i], pictures[i][:, ::-1] if yes else pictures[i])
        assert np.array_equal(marks[i], augment.flip_labels(labels[i]) if yes else labels[i])


def test_pixel_augmentations_keep_range_and_are_repeatable():
    x = to_tensor(images())
    for change in (augment.colour, augment.noise):
        first, second = change(x, rng(5)), change(x, rng(5))
        assert torch.equal(first, second)
        assert not torch.equal(first, x)
        assert float(first.min()) >= -1
        assert float(first.max()) <= 1


def test_jpeg_keeps_the_channel_order():
    red = np.zeros((4, 32, 32, 3), np.uint8)
    red[..., 0] = 200
    out = augment.jpeg(red, rng(), share=1.0, lowest=90)
    assert abs(int(out[..., 0].mean()) - 200) < 5
    assert out[..., 2].mean() < 5


def test_grey_pictures_keep_their_brightness():
    pictures = images()
    out = augment.grey(pictures, rng(), share=1.0)
    assert np.ptp(out, axis=3).max() == 0
    assert np.abs(out.mean(3) - pictures.mean(3)).max() < 1
    assert np.array_equal(augment.grey(pictures, rng(), share=0.0), pictures)


def test_softening_lowers_contrast():
    pictures = images()
    assert augment.soften(pictures, rng(), share=1.0).std() < 0.9 * pictures.std()


def test_warp_without_movement_is_the_identity():
    x = to_tensor(images())
    still = augment.placement(6, rng(), shift=0, scale=0, turn=0)
    assert torch.allclose(augment.warp(x, still), x, atol=1e-5)


def test_nearest_warp_invents_no_classes():
    labels = torch.from_numpy(rng().choice([0.0, 4.0, 17.0], (3, 1, 32, 32)).astype(np.float32))
    moved = augment.warp(labels, augment.placement(3, rng()), nearest=True)
    assert set(moved.unique().tolist()) <= {0.0, 4.0, 17.0}
