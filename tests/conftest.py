"""What all tests share: the embedded models, and a hypothesis that does not look at the clock."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from pipeline.models import Models
from tests.support import full_size_set
from tests.support.misbehaving_server import Misbehaving, misbehaving_server

# Two workers on two busy cores are slow now and then; nothing here may fail for that.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")


@pytest.fixture(scope="session")
def demo_models() -> Models:
    """The embedded models on the CPU, each opened once per process."""
    return Models("demo", "cpu")


@pytest.fixture
def host() -> Iterator[Misbehaving]:
    """A web server that misbehaves as arranged."""
    with misbehaving_server() as server:
        yield server


@pytest.fixture(scope="session")
def seeded_set(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A weights folder with a set of full size, and the name of the set; gigabytes, for tests marked `full`."""
    folder = tmp_path_factory.mktemp("seeded")
    yield folder, full_size_set.write_set(folder)
    shutil.rmtree(folder)
