from dataclasses import replace

import numpy as np

from postprocess.steps.gfp_gan import Settings, face_alpha
from tests.support.labelled_scene import CPU, labels, scene


def test_the_face_is_restored_in_proportion_to_the_support() -> None:
    frame, models = scene("A_2")
    support = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (64, 1))
    image = np.where(support[..., None] > 0, frame.image, frame.portrait.image)
    frame = replace(frame, image=image, support=support)
    (result,) = Settings().open(models, CPU)([frame])
    restored = models.restore([frame.image])[0].astype(float)
    face = labels(64) == 1
    expected = frame.image + support[..., None] * (restored - frame.image)
    assert np.abs(result.image - expected)[face].max() <= 0.5 + 1e-4
    assert np.array_equal(result.image[:, 0], frame.portrait.image[:, 0])
    assert np.array_equal(result.support, support)


def test_the_background_is_never_repainted() -> None:
    frame, models = scene("A_2")
    (result,) = Settings(margin=512).open(models, CPU)([frame])
    background = labels(64) == 0
    assert np.array_equal(result.image[background], frame.image[background])
    assert (result.image != frame.image).any()


def test_clothes_fade_out_with_the_distance_to_the_head() -> None:
    classes = labels(128)
    alpha = face_alpha(classes, 6)
    assert (alpha[np.isin(classes, (1, 14, 17))] == 0).all()
    assert (alpha[classes == 0] == 1).all()
    clothes = alpha[classes == 16]
    assert 0 < clothes.min() < 0.5
    assert clothes.max() == 1
