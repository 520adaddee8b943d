"""Features of images: of the embedded predictor, and of Inception with seeded weights."""

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.core.errors import MissingWeights
from pipeline.core.model_sets import HOME_VARIABLE, model_set
from pipeline.training.gan.distances import distances
from pipeline.training.gan.features import features_of, require
from pipeline.training.gan.settings import FEATURES, INCEPTION
from tests.pipeline.training.gan.gan import CPU, blobs


@pytest.fixture
def inception(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """torch-fidelity's net with seeded weights, which are in the weights folder too."""
    module = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3", reason="needs the extra `fid`")

    class Seeded(module.FeatureExtractorInceptionV3):  # type: ignore[name-defined, misc]
        def load_state_dict(self, *_: Any, **__: Any) -> None:
            """Leave the weights as they were drawn."""

    torch.manual_seed(0)
    nothing = io.BytesIO()
    torch.save({}, nothing)
    nothing.seek(0)
    net = Seeded("seeded", ["2048"], feature_extractor_weights_path=nothing)
    for part in net.modules():
        if isinstance(part, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(part.weight)  # the default fades to nothing over so many layers
    file = model_set("inception").files["inception"].file
    assert file is not None
    torch.save(net.state_dict(), tmp_path / file)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return net


def test_other_pictures_are_further_away_than_pictures_of_the_same_kind() -> None:
    blob, same = (features_of(blobs(60, 32, seed), CPU) for seed in (0, 1))
    dark = features_of([blobs(30, 32, 1) // 3, blobs(30, 32, 2) // 3], CPU)
    assert blob.shape == dark.shape == (60, 416)
    near, far = (distances(blob, each, FEATURES["predictor"]) for each in (same, dark))
    assert near.fid < far.fid / 2
    assert near.kid < far.kid / 2
    assert near.features == FEATURES["predictor"] == "predictor-416"


def test_inceptions_features_are_those_of_torch_fidelity(inception: Any) -> None:
    images = blobs(5, 64)
    expected = inception(torch.from_numpy(images).permute(0, 3, 1, 2))[0].double().numpy()
    np.testing.assert_allclose(
        features_of([images[:3], images[3:]], CPU, INCEPTION), expected, rtol=1e-3, atol=1e-3 * expected.max()
    )
    assert np.ptp(expected) > 0.01
    require(INCEPTION)


def test_a_file_of_other_weights_is_refused(inception: Any, tmp_path: Path) -> None:
    path = next(tmp_path.iterdir())
    torch.save({"fc.weight": torch.zeros(3, 3)}, path)
    with pytest.raises(MissingWeights, match="other weights than Inception's"):
        features_of(blobs(1, 32), CPU, INCEPTION)


def test_a_file_that_would_run_code_is_not_run(inception: Any, tmp_path: Path) -> None:
    torch.save({"fc.weight": Path("nothing")}, next(tmp_path.iterdir()))
    with pytest.raises(MissingWeights, match="nothing was run"):
        features_of(blobs(1, 32), CPU, INCEPTION)


def test_missing_weights_are_named_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    with pytest.raises(MissingWeights, match="face-edit models fetch inception"):
        require(INCEPTION)
    require(FEATURES["predictor"])


def test_a_missing_package_is_named(inception: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3", None)
    with pytest.raises(MissingWeights, match="pip install torch-fidelity"):
        require(INCEPTION)
