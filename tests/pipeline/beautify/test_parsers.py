"""Which parser sees a face, and which sets have none."""

import numpy as np
import pytest

from pipeline.beautify import open_parser
from pipeline.beautify.faces import is_face
from pipeline.core.errors import BadConfig, MissingWeights
from postprocess.labels import Lapa


def test_the_embedded_parser_sees_a_rendered_face() -> None:
    from tests.support.photos import rendered

    sees = open_parser("demo", "cpu")
    face = sees(rendered(1, 256)[0])
    assert face.max() <= 10 and is_face(face)
    assert not is_face(np.zeros((64, 64), np.uint8))
    assert not is_face(face[::-1])


def test_a_few_specks_are_no_face() -> None:
    """As parsers see them in a wall."""
    specks = np.zeros((64, 64), np.uint8)
    specks[20, 30], specks[30, 32], specks[40, 32] = Lapa.LEFT_EYE, Lapa.NOSE, Lapa.MOUTH
    specks[31:35, 30:35] = Lapa.SKIN
    assert not is_face(specks)
    specks[15:50, 20:45] = np.where(specks[15:50, 20:45] > 0, specks[15:50, 20:45], Lapa.SKIN)
    assert is_face(specks)


def test_a_set_without_a_parser_is_said() -> None:
    with pytest.raises((MissingWeights, BadConfig)):
        open_parser("faces")
