"""The embedded nets by other backends give what torch gives, and models open each net with the backend asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from pipeline.config import load_config
from pipeline.core.backends.compiled import psnr
from pipeline.core.errors import BadConfig
from pipeline.core.images import resize
from pipeline.core.model_sets import HOME_VARIABLE
from pipeline.core.types import Portrait
from pipeline.edit.render import arithmetic, open_steps, render
from pipeline.edit.select_edits import choose_edits
from pipeline.models import Models
from pipeline.world.samples import samples
from projection.attributes.scoring import flatten
from projection.inversion.project import project
from projection.inversion.settings import ProjectionSettings


@pytest.fixture(scope="module", autouse=True)
def weights_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One folder for the exported nets of all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(tmp_path_factory.mktemp("weights")))
        yield


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return resize(samples()[0].portrait.rgb, 256)


def rendered(models: Models, _: np.ndarray) -> np.ndarray:
    generator = models.generator
    return generator.render(generator.example((generator.n_style, generator.dim)))


RESULTS: dict[str, Callable[[Models, np.ndarray], np.ndarray]] = {
    "generator": rendered,
    "encoder": lambda models, image: models.encoder.encode([image]),
    "predictor": lambda models, image: flatten(models.predictor.predict([image])),
    "identity": lambda models, image: models.identity.embed([image]),
    "parser": lambda models, image: models.parser.labels([image]),
    "depth": lambda models, image: models.depth.inverse_depth([image]),
    "restorer": lambda models, image: models.restorer.restore([image]),
    "face_restorer": lambda models, image: models.face_restorer.restore([image]),
}


@pytest.mark.parametrize("role", RESULTS)
def test_an_embedded_net(role: str, image: np.ndarray, demo_models: Models) -> None:
    """uint8 images differ in few pixels by one grey level, which is what 70 dB means; labels hardly ever."""
    expected = RESULTS[role](demo_models, image)
    for backend in ("openvino", "onnxruntime"):
        pytest.importorskip(backend)
        models = Models("demo", "cpu", backend=backend)
        found = RESULTS[role](models, image)
        assert {tuple(line.split()[:3]) for line in models.ran} == {(role, "by", backend)}
        assert psnr(found, expected) > 70
        if role == "parser":
            assert (found != expected).mean() < 1e-4


def test_a_sub_generator(demo_models: Models) -> None:
    models = Models("demo", "cpu", backend="onnxruntime")
    w = models.generator.example((models.set.n_style, models.set.dim)).repeat(2, 1, 1)
    narrow, whole = ({"ratio": ratio, "resolution": 64} for ratio in (0.25, 1.0))
    for level in (narrow, whole, narrow):
        assert psnr(models.generator.render(w, **level), demo_models.generator.render(w, **level)) > 70
    assert [line.partition("torch, ")[2] for line in models.ran] == [
        "ratio 0.25, resolution 64",
        "ratio 1, resolution 64",
    ]


@pytest.mark.parametrize("backend", ["openvino", "onnxruntime"])
def test_edits_of_a_portrait(backend: str, image: np.ndarray, demo_models: Models) -> None:
    """Strengths found and pictures rendered, blended and restored: equal within two grey levels."""
    pytest.importorskip(backend)
    config, models = load_config(), Models("demo", "cpu", backend=backend)
    latent = demo_models.encoder.encode([image])[0]
    found = []
    for each in (demo_models, models):
        portrait = Portrait("portrait", image, latent, each.space)
        edits, _ = choose_edits(portrait, each, only=["Bp_max", "Hc_0"], budget=config.search_budget)
        frames = render(portrait, edits, each, open_steps(config.step_settings(), each))
        found.append(np.stack([frame.image for frame in frames]).astype(np.int16))
    assert np.any(found[0] != image)
    assert int(np.abs(found[1] - found[0]).max()) <= 2
    ran = {line.split()[0] for line in models.ran}
    assert {"generator", "predictor", "identity", "parser", "depth", "restorer"} <= ran


def test_tuned_copies_gradients_and_inversions_stay_with_torch(image: np.ndarray, demo_models: Models) -> None:
    models = Models("demo", "cpu", backend="onnxruntime")
    generator = models.generator
    w = generator.example((generator.n_style, generator.dim))
    key = "to_rgbs.0.bias"
    tuning = {key: np.full((1, 3, 1, 1), 0.5, np.float16)}
    assert np.array_equal(generator.tuned(tuning).render(w), demo_models.generator.tuned(tuning).render(w))
    w = w.clone().requires_grad_()
    generator.synthesize(w).square().mean().backward()
    assert w.grad is not None and float(w.grad.abs().sum()) > 0
    few = ProjectionSettings(n_iter=2)
    found = [
        project([image], each.generator, each.encoder, each.perceptual, few).latents for each in (models, demo_models)
    ]
    assert np.array_equal(*found)


def test_a_backend_of_one_net() -> None:
    models = Models("demo", "cpu", backend="onnxruntime", backend_of={"parser": "torch"})
    assert models.backends["parser"] == "torch"
    assert models.backends["depth"] == "onnxruntime"
    assert models.parser.forward == models.parser.net.logits
    assert models.depth.forward is not models.depth.net


def test_an_unknown_backend_is_told_before_a_net_is_opened() -> None:
    wrong: Any = "onnx"
    with pytest.raises(BadConfig, match="There is no backend onnx: did you mean onnxruntime"):
        Models("demo", "cpu", backend_of={"depth": wrong})


def test_half_precision_comes_from_the_arithmetic_of_the_run(image: np.ndarray) -> None:
    openvino = pytest.importorskip("openvino")
    if "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip("this processor has no bfloat16")
    models = Models("demo", "cpu", backend="openvino")
    with arithmetic("bfloat16", models.device):
        half = models.restorer.restore([image])
    exact = models.restorer.restore([image])
    assert ["bfloat16" in line for line in models.ran] == [True, False]
    assert 40 < psnr(half, exact) < 100
