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
    background = (first.softmax(1)[:, 0] + second.softmax(1)[:, 0]) / 2 > 0.5
    assert ((found == 0) == background).all()
    without = first.clone()
    without[:, 0] = -torch.inf
    assert (found[~background] == without.argmax(1)[~background]).all()
