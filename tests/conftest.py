"""Fixtures that several packages share."""

import pytest

from pipeline.models import Models


@pytest.fixture(scope="session")
def demo_models() -> Models:
    """The embedded models on the CPU, each opened once per process."""
    return Models("demo", "cpu")
