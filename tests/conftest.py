"""What all tests share: the embedded models, and a hypothesis that does not look at the clock."""

import pytest
from hypothesis import HealthCheck, settings

from pipeline.models import Models

# Two workers on two busy cores are slow now and then; nothing here may fail for that.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")


@pytest.fixture(scope="session")
def demo_models() -> Models:
    """The embedded models on the CPU, each opened once per process."""
    return Models("demo", "cpu")
