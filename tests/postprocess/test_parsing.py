"""Decision of the parser between one or several looks at a picture."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from postprocess.labels import CelebAMask
from postprocess.nets.bisenet import BiSeNet
from postprocess.parsing import FaceParser, _decide


@given(st.integers(0, 2**31))
def test_all_looks_decide_the_background_and_the_first_the_rest(seed: int) -> None:
    first, second = torch.randn(2, 1, 19, 6, 5, generator=torch.Generator().manual_seed(seed)) * 4
    assert (_decide([first]) == first.argmax(1)).all()
    found = _decide([first, second])
    together = (first.softmax(1) + second.softmax(1)) / 2
    background, alone = together[:, 0] > 0.5, first.argmax(1) == 0
    assert ((found == 0) == background).all()
    either = torch.isin(first.argmax(1), torch.tensor([CelebAMask.HAIR, CelebAMask.CLOTHES]))
    seen = ~background & ~alone & ~either
    assert (found[seen] == first.argmax(1)[seen]).all()
    hair = together[:, CelebAMask.HAIR] > together[:, CelebAMask.CLOTHES]
    for value, where in ((CelebAMask.HAIR, hair), (CelebAMask.CLOTHES, ~hair)):
        assert (found[~background & either & where] == value).all()
    together[:, 0] = 0
    assert (found[~background & alone] == together.argmax(1)[~background & alone]).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_sure_looks_are_decided_in_half_precision_too(dtype: torch.dtype) -> None:
    logits = torch.zeros(1, 19, 4, 4, dtype=dtype)
    logits[:, CelebAMask.HAIR], logits[:, CelebAMask.CLOTHES] = 14, 3
    assert (_decide([logits, logits.clone()]) == CelebAMask.HAIR).all()


@pytest.mark.parametrize(("rows", "expected"), [(1, CelebAMask.HAIR), (12, CelebAMask.HAT)])
def test_a_hat_that_is_tiny_beside_the_hair_is_hair(rows: int, expected: CelebAMask) -> None:
    parser = FaceParser(BiSeNet(19, width=4), 64, torch.device("cpu"))
    seen = torch.full((64, 64), CelebAMask.SKIN)
    seen[:32] = CelebAMask.HAIR
    seen[:rows] = CelebAMask.HAT
    parser.forward = lambda x: F.one_hot(seen, 19).permute(2, 0, 1)[None].float().expand(len(x), -1, -1, -1)
    for labels in parser.labels(np.zeros((2, 64, 64, 3), np.uint8)):
        assert (labels[0] == expected).all() and (labels[32:] == CelebAMask.SKIN).all()
