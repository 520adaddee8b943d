"""What the tests of beards share."""

import numpy as np
import pytest

from pipeline.models import Models


@pytest.fixture
def density(demo_models: Models) -> np.ndarray:
    assert demo_models.beard is not None
    return demo_models.beard
