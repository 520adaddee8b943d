"""The call that programs use."""

import numpy as np
import pytest

from pipeline.beautify import Enhancer, Retoucher
from pipeline.beautify import enhancer as module
from pipeline.core.errors import BadInput
from pipeline.photo.photo import Photo
from tests.pipeline.beautify.test_faces import STRONG, parse, photo


def test_enhancer_takes_bgr_and_gives_rgb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "open_parser", lambda *_: parse)
    rgb = photo(256, 256).pixels
    enhancer = Enhancer(STRONG, aligned=True)
    result = enhancer(rgb[:, :, ::-1])
    expected, _ = Retoucher(STRONG, parse).photo(Photo("", rgb))
    np.testing.assert_array_equal(result, expected.pixels)
    assert (result != rgb).any()
    with pytest.raises(BadInput, match="uint8"):
        enhancer(rgb[:, :, 0])


@pytest.mark.parametrize("parser", ["demo", None])
def test_the_parser_that_is_named_is_opened(monkeypatch: pytest.MonkeyPatch, parser: str | None) -> None:
    opened: list[tuple[str, str]] = []
    monkeypatch.setattr(module, "best_parser", lambda: "best")
    monkeypatch.setattr(module, "knows_photographs", lambda _: False)
    monkeypatch.setattr(module, "open_parser", lambda *names: opened.append(names))
    Enhancer(STRONG, parser, aligned=True, device="cpu")
    assert opened == [(parser or "best", "cpu")]
