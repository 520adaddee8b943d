"""The samples: they are read without the renderer, their truth agrees, and they show people as they are drawn today.

After a wanted change: .venv/bin/python -m pipeline.world.bake_samples
"""

import subprocess
import sys

import numpy as np
import pytest

from pipeline.world.attributes import values
from pipeline.world.samples import FOLDER, TRUTH, Sample, picture_of, samples, studio_pictures
from postprocess.labels import CelebAMask
from tests.support.no_renderer import BLOCK

SIZE = 256
EYES = {CelebAMask.LEFT_EYE: slice(36, 42), CelebAMask.RIGHT_EYE: slice(42, 48)}


@pytest.fixture(scope="module")
def people() -> list[Sample]:
    return samples()


def test_samples_need_no_renderer() -> None:
    code = "from pipeline.world.samples import samples; assert samples(); assert 'scipy' not in sys.modules"
    subprocess.run([sys.executable, "-c", BLOCK + code], check=True)


def test_the_files_are_those_of_the_samples_and_small(people: list[Sample]) -> None:
    files = set(FOLDER.iterdir())
    assert files == {TRUTH, *(picture_of(sample.person) for sample in people)}
    assert sum(path.stat().st_size for path in files) < 1_500_000


def test_samples_are_diverse(people: list[Sample]) -> None:
    studio = [sample.person for sample in people if sample.person.look == "studio"]
    assert studio_pictures() == [picture_of(person) for person in studio]
    assert len(studio) == 8
    assert {person.female for person in studio} == {0.0, 1.0}
    assert max(person.years for person in studio) - min(person.years for person in studio) > 40
    assert {int(np.argmax(person.ancestry)) for person in studio} == {0, 1, 2}
    assert {sample.attributes["Hc"] for sample in people} == {0, 1, 2, 3, 4}


def test_attributes_are_those_of_the_parameters(people: list[Sample]) -> None:
    for sample in people:
        assert sample.attributes == values(sample.person)


def test_truth_agrees(people: list[Sample]) -> None:
    for sample in people:
        portrait = sample.portrait
        assert portrait.rgb.shape == (SIZE, SIZE, 3)
        assert portrait.labels.shape == portrait.depth.shape == (SIZE, SIZE)
        assert portrait.rgb.dtype == portrait.labels.dtype == np.uint8
        assert portrait.landmarks.shape == (70, 2)
        assert ((portrait.landmarks >= 0) & (portrait.landmarks <= SIZE)).all()
        assert {"left_eye", "right_iris", "lips_outer", "oval"} <= set(portrait.outlines)
        assert np.array_equal(portrait.depth == 0, portrait.labels == CelebAMask.BACKGROUND)


def test_eyes_are_labelled_around_their_landmarks(people: list[Sample]) -> None:
    bare = [sample.portrait for sample in people if sample.person.look == "studio" and sample.person.glasses < 0.5]
    assert bare
    for portrait in bare:
        for label, rows in EYES.items():
            pixels, points = np.argwhere(portrait.labels == label)[:, ::-1] + 0.5, portrait.landmarks[rows]
            assert len(pixels) > 50
            assert (points.min(0) - 2 < pixels).all()
            assert (pixels < points.max(0) + 2).all()


def test_samples_show_people_as_they_are_drawn(people: list[Sample]) -> None:
    pytest.importorskip("numba", reason="needs the extra `world`")
    pytest.importorskip("embreex", reason="needs the extra `world`")
    from pipeline.world.person import draw
    from pipeline.world.render import render

    for person, kept in ((sample.person, sample.portrait) for sample in people):
        assert person == draw(person.seed, person.look)
        drawn = render(person, SIZE)
        assert np.abs(drawn.rgb.astype(int) - kept.rgb).mean() < 0.5, person
        assert (drawn.labels == kept.labels).mean() > 0.999, person
        assert np.abs(drawn.landmarks - kept.landmarks).max() < 0.05, person
        assert np.abs(drawn.depth - kept.depth).mean() < 0.05, person
