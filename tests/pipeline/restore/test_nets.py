"""A fidelity means something for every net, and memory that runs out costs time only."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import BadInput, OutOfMemory
from pipeline.core.images import resize
from pipeline.core.model_sets import HOME_VARIABLE
from pipeline.core.types import Image
from pipeline.restore.nets import Restorer, declared, default_model, model_names, open_nets
from tests.support.toy_restore import ToyNet, toy_job

FACES = list(np.random.default_rng(0).integers(0, 256, (7, 64, 64, 3), np.uint8))


def restorer(fidelity: float, **net: float) -> Restorer:
    return Restorer(ToyNet(**net), fidelity)  # type: ignore[arg-type]


def difference(first: Image, second: Image) -> float:
    return float(np.abs(first.astype(float) - second).mean())


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_fidelity_is_never_less_like_the_photo(one: float, other: float) -> None:
    low, high = sorted((one, other))
    (less,), (more,) = (restorer(fidelity).restore(FACES[:1]) for fidelity in (low, high))
    assert difference(more, FACES[0]) <= difference(less, FACES[0]) + 1e-9


def test_the_ends_of_fidelity() -> None:
    np.testing.assert_array_equal(restorer(0.0).restore(FACES), ToyNet().restore(FACES))
    np.testing.assert_array_equal(restorer(1.0).restore(FACES), FACES)


@pytest.mark.parametrize(("fidelity", "share"), [(0.5, 0.97), (0.7, 0.83), (0.9, 0.41)])
def test_a_fidelity_takes_the_share_that_is_promised(fidelity: float, share: float) -> None:
    assert restorer(fidelity).strength == pytest.approx(share, abs=0.005)


def test_a_net_with_a_fidelity_of_its_own_gets_it_and_is_not_mixed() -> None:
    net = ToyNet()
    net.has_fidelity = True
    found = Restorer(net, 0.9)  # type: ignore[arg-type]
    assert net.fidelity == 0.9
    np.testing.assert_array_equal(found.restore(FACES), ToyNet().restore(FACES))


def test_a_face_takes_its_share_of_the_strength() -> None:
    """And one that takes nothing is not given to the net."""
    found = restorer(0.7)
    full = found.restore(FACES[:1])[0].astype(float)
    none, half, whole = found.restore([FACES[0]] * 3, [0, 0.5, 1])
    np.testing.assert_array_equal(none, FACES[0])
    np.testing.assert_allclose(half, (full + FACES[0]) / 2, atol=4)  # the toy net's batch
    np.testing.assert_allclose(whole, full, atol=7)
    assert found.net.sizes == [1, 2]  # type: ignore[attr-defined]


@pytest.mark.parametrize("room", [1, 2, 3, 5])
def test_when_memory_runs_out_half_as_many_are_tried(room: int) -> None:
    found = restorer(0.0, room=room)
    found.at_once = 16
    restored = found.restore(FACES)
    assert len(restored) == len(FACES)
    assert found.at_once is not None
    assert room / 2 < found.at_once <= room
    np.testing.assert_array_equal(restored, ToyNet().restore(FACES, found.at_once))
    found.restore(FACES)
    assert max(found.net.sizes[-len(FACES) // found.at_once :]) <= room  # type: ignore[attr-defined]


def test_when_not_even_one_face_fits_a_sentence_says_so() -> None:
    with pytest.raises(OutOfMemory, match="not enough free memory"):
        restorer(0.0, room=0).restore(FACES)


def test_without_gfpgan_the_demo_net_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from pipeline.core.weights import model_set

    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path))
    assert default_model() == "demo"
    file = model_set("restorers").files["gfpgan"]
    with (tmp_path / str(file.file)).open("wb") as there:
        there.truncate(file.bytes)
    assert default_model() == "gfpgan"


def test_other_bytes_of_a_net_are_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the file of the restorer was replaced, or that of the background."""
    files = [tmp_path / name for name in ("face.pth", "background.pth")]
    monkeypatch.setattr("pipeline.restore.nets.locate", lambda *_: files[0])
    monkeypatch.setattr("postprocess.restoration.FaceRestorer.open", lambda *_: ToyNet())
    monkeypatch.setattr("postprocess.upscaling.Upscaler.open", lambda *_: None)
    job = toy_job(tmp_path, upscale=2, background=files[1])
    for file in files:
        file.write_bytes(b"first")
    identities = [open_nets(job, torch.device("cpu"), None).identity]
    for file in files:
        file.write_bytes(b"other")
        identities.append(open_nets(job, torch.device("cpu"), None).identity)
    assert all(one != other for one, other in combinations(identities, 2))


def test_models_are_known_by_name() -> None:
    assert {"gfpgan", "restoreformer", "codeformer", "demo"} <= set(model_names())
    assert declared("codeformer").non_commercial
    assert not declared("demo").non_commercial
    with pytest.raises(BadInput, match="no restorer gfpgam: choose among gfpgan"):
        declared("gfpgam")


def test_another_backend_restores_alike_and_is_part_of_the_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    job, faces = toy_job(tmp_path, model="demo", fidelity=0.0), [resize(FACES[0], 256)]
    torch_nets, nets = (
        open_nets(each, torch.device("cpu"), None) for each in (job, replace(job, backend="onnxruntime"))
    )
    assert (torch_nets.identity["backend"], nets.identity["backend"]) == ("torch", "onnxruntime")
    assert difference(torch_nets.restorer.restore(faces)[0], nets.restorer.restore(faces)[0]) < 0.01
    assert torch_nets.ran == []
    assert [line.partition(" by ")[2].split()[0] for line in nets.ran] == ["onnxruntime"]
