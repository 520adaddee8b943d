"""What all tests share: the embedded models, and a hypothesis that does not look at the clock."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from pipeline.core.model_sets import HOME_VARIABLE
from pipeline.models import Models
from tests.support import full_size_set
from tests.support.misbehaving_server import Misbehaving, misbehaving_server
from tests.support.package_nets import fetch_nets

# Two workers on two busy cores are slow now and then; nothing here may fail for that.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")


@pytest.fixture(scope="session")
def demo_models() -> Models:
    """The embedded models on the CPU, each opened once per process."""
    return Models("demo", "cpu")


@pytest.fixture(scope="session")
def package_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A weights folder with the nets of a Python package and nothing else, one for all test processes."""
    folder = tmp_path_factory.getbasetemp().parent / "package_nets"
    fetch_nets(folder)
    return folder


@pytest.fixture
def package_nets(package_weights: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same as the weights folder of the user."""
    monkeypatch.setenv(HOME_VARIABLE, str(package_weights))
    return package_weights


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
