"""Decision of the parser between one or several looks at a picture."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from postprocess.parsing import _decide


@given(st.integers(0, 2**31))
def test_all_looks_decide_the_background_and_the_first_the_rest(seed: int) -> None:
    first, second = torch.randn(2, 1, 19, 6, 5, generator=torch.Generator().manual_seed(seed)) * 4
    assert (_decide([first]) == first.argmax(1)).all()
    found = _decide([first, second])
    together = (first.softmax(1) + second.softmax(1)) / 2
    background, alone = together[:, 0] > 0.5, first.argmax(1) == 0
    assert ((found == 0) == background).all()
    seen = ~background & ~alone
    assert (found[seen] == first.argmax(1)[seen]).all()
    together[:, 0] = 0
    assert (found[~background & alone] == together.argmax(1)[~background & alone]).all()
