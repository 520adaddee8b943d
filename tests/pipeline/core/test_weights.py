"""Declared files are found, checked and parsed safely; everything else is one sentence that says what to do."""

import os
import pickle
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core import digests, weights
from pipeline.core.errors import BadConfig, MissingWeights
from pipeline.core.model_sets import HOME_VARIABLE, embedded_note, net_for_photographs, packaged_sets
from pipeline.core.user_model_sets import safe_name
from pipeline.core.weights import (
    ModelFile,
    ModelSet,
    expected_path,
    fingerprint,
    load_state,
    locate,
    model_set,
    read_metadata,
    save_state,
    verify,
)
from tests.support.malicious_pickle import CallWhenLoaded

STATE = {"weight": torch.linspace(-1, 1, 6).reshape(2, 3), "steps": torch.tensor(7)}


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelSet:
    """A set of two downloaded files, of which only the net is in its place."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    save_state(tmp_path / "net.safetensors", STATE, {"space": "tiny"})
    net, gone = tmp_path / "net.safetensors", "https://example.org/gone.pt"
    files: Mapping[str, ModelFile] = {
        "net": ModelFile(file="net.safetensors", bytes=net.stat().st_size, sha256=weights.sha256(net), sources=(gone,)),
        "gone": ModelFile(file="gone.pt", sources=(gone, "https://example.com/gone.pt")),
    }
    return ModelSet("tiny", "", "tiny", elastic=False, resolution=8, n_style=2, dim=3, files=files)


@pytest.mark.parametrize(("resolution", "side"), [(64, 512), (256, 512), (512, 512), (1024, 1024)])
def test_faces_of_photographs_are_cut_out_with_more_pixels_than_a_small_generator_has(
    resolution: int, side: int
) -> None:
    assert replace(model_set("demo"), resolution=resolution).crop_size == side


def test_the_declared_sets_are_complete() -> None:
    sets = packaged_sets()
    assert [name for name, models in sets.items() if models.space] == [
        "demo",
        "ffhq-anycost",
        "ffhq-anycost-flexible",
        "ffhq-stylegan2",
    ]
    for models in sets.values():
        if models.space:
            assert models.n_style == 2 * int(np.log2(models.resolution)) - 2
            assert {"generator", "encoder", "parser", "depth", "restorer"} <= set(models.files)
        assert set(models.also) <= set(sets)
        assert models.instead is None or sets[models.instead].instead is None
        for role, file in models.files.items():
            assert (file.path is None) != (file.file is None)
            assert file.licence
            addresses = [source for source in file.sources if isinstance(source, str)]
            assert file.path or all(address.startswith("https://") for address in addresses)
            assert file.path or file.sources
            assert file.sha256 is None or len(bytes.fromhex(file.sha256)) == 32
            assert file.file is None or safe_name(file.file, "a file")
            # The generator of the recommended set cannot be had otherwise; every other such file is a choice.
            assert not file.non_commercial or file.optional or role in ("generator", "encoder")
    assert [models.name for models in sets.values() if models.embedded] == [
        "demo",
        "faces-demo",
        "phone",
        "enhancer-demo",
    ]
    assert [models.name for models in sets.values() if not models.elastic and models.space] == ["ffhq-stylegan2"]


def test_a_file_that_several_roles_share_is_declared_alike() -> None:
    """Roles differ in what they read from it, not in what it is; else fetching one would break another."""
    seen: dict[str, tuple[object, ...]] = {}
    for models in packaged_sets().values():
        for file in models.files.values():
            if file.file is not None:
                facts = (file.sources, file.bytes, file.sha256, file.licence)
                assert seen.setdefault(file.file, facts) == facts, file.file


def test_latent_spaces_are_distinct() -> None:
    spaces = [models.space for models in packaged_sets().values() if models.space]
    assert len(set(spaces)) == len(spaces)


def test_an_unknown_set_names_the_nearest() -> None:
    with pytest.raises(BadConfig, match=r"did you mean ffhq-anycost\?"):
        model_set("ffhq_anycost")


def test_embedded_files_lie_in_the_package() -> None:
    root = Path(weights.__file__).parents[2]
    generator = model_set("demo").files["generator"]
    assert expected_path(generator) == root / "projection" / "weights" / "generator.safetensors"


def test_a_missing_file_ends_with_the_command_that_fetches_it(tiny: ModelSet) -> None:
    with pytest.raises(
        MissingWeights, match=r"The gone of model set tiny is missing: run `face-edit models fetch tiny`\.$"
    ):
        locate(tiny, "gone")
    optional = replace(tiny, files={"gone": replace(tiny.files["gone"], optional=True)})
    with pytest.raises(MissingWeights, match=r"run `face-edit models fetch tiny gone`\.$"):
        locate(optional, "gone")
    dead = replace(tiny, instead="ffhq-stylegan2")
    with pytest.raises(MissingWeights, match=r"reported gone.*run `face-edit models fetch ffhq-stylegan2`\.$"):
        locate(dead, "gone")


def test_a_role_that_the_set_lacks(tiny: ModelSet) -> None:
    with pytest.raises(MissingWeights, match="has no depth; it has net, gone"):
        locate(tiny, "depth")


def test_a_wrong_size_is_refused_before_parsing(tiny: ModelSet) -> None:
    path = locate(tiny, "net")
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(MissingWeights, match="bytes instead of"):
        locate(tiny, "net")


def test_a_downloaded_file_is_hashed_once(tiny: ModelSet, monkeypatch: pytest.MonkeyPatch) -> None:
    path = locate(tiny, "net")
    os.utime(digests.note_path(path))  # the clock of file systems is coarse
    monkeypatch.setattr(digests, "sha256", lambda _: pytest.fail("hashed again"))
    assert locate(tiny, "net") == path


def test_a_replaced_file_of_the_same_size_is_refused_before_parsing(tiny: ModelSet) -> None:
    path = locate(tiny, "net")
    os.utime(digests.note_path(path), (0, 0))  # noted before what follows
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(MissingWeights, match=r"SHA-256 is not .*: run `face-edit models fetch tiny`\.$"):
        locate(tiny, "net")


def test_a_pin_is_kept_to_where_no_hash_is_declared(tiny: ModelSet) -> None:
    pinned = replace(tiny, files={"net": replace(tiny.files["net"], sha256=None)})
    digests.note(locate(pinned, "net"), "0" * 64)
    os.utime(digests.note_path(expected_path(pinned.files["net"])), (0, 0))
    with pytest.raises(MissingWeights, match="SHA-256 is not 0000"):
        locate(pinned, "net")


def test_verify_finds_a_flipped_bit(tiny: ModelSet) -> None:
    path = locate(tiny, "net")
    assert verify(tiny, "net") == tiny.files["net"].sha256
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(MissingWeights, match="SHA-256"):
        verify(tiny, "net")


def test_fingerprint_follows_content_and_role(tiny: ModelSet) -> None:
    before = fingerprint(tiny)
    assert fingerprint(tiny) == before
    renamed = replace(tiny, files={"other": tiny.files["net"], "gone": tiny.files["gone"]})
    assert fingerprint(renamed) != before
    path = expected_path(tiny.files["net"])
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert fingerprint(tiny) != before


def test_state_survives_as_halves(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_state(path, STATE, {"what": "test"})
    loaded = load_state(path)
    assert loaded["weight"].dtype == torch.float32
    torch.testing.assert_close(loaded["weight"], STATE["weight"].half().float(), rtol=0, atol=0)
    assert loaded["steps"] == 7
    assert read_metadata(path) == {"what": "test"}


def test_the_same_state_gives_the_same_bytes(tmp_path: Path) -> None:
    save_state(tmp_path / "a.safetensors", STATE, {"a": "1", "b": "2"})
    save_state(tmp_path / "b.safetensors", dict(reversed(STATE.items())), {"b": "2", "a": "1"})
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_a_nested_checkpoint(tmp_path: Path) -> None:
    torch.save({"g_ema": STATE, "args": {"size": 8}}, tmp_path / "nested.pt")
    assert set(load_state(tmp_path / "nested.pt", ("g_ema",))) == {"weight", "steps"}
    with pytest.raises(MissingWeights, match="no entry state_dict"):
        load_state(tmp_path / "nested.pt", ("state_dict",))


def test_a_checkpoint_never_runs_code(tmp_path: Path) -> None:
    evil = CallWhenLoaded(Path.write_text, tmp_path / "proof", "ran")
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(evil, protocol=2))
    torch.save({"g_ema": evil}, tmp_path / "evil_zip.pt")
    for name in ("evil.pt", "evil_zip.pt"):
        with pytest.raises(MissingWeights, match="nothing was run"):
            load_state(tmp_path / name)
    assert not (tmp_path / "proof").exists()


def test_a_truncated_safetensors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    save_state(path, STATE, {})
    whole = path.read_bytes()
    for length in (4, 12, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(MissingWeights, match="cannot be read"):
            load_state(path)


@pytest.mark.parametrize("name", ["page.safetensors", "page.pt"])
@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><html>quota exceeded</html>"])
def test_a_web_page_is_no_checkpoint(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MissingWeights, match="cannot be read") as error:
        load_state(tmp_path / name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "task",
    [
        *("parser", "restorer", "enhancer", "detector", "detector-short-range", "landmarks", "iris", "matte"),
        *("recogniser", "generator"),
    ],
)
def test_nets_for_photographs_are_declared(task: str) -> None:
    net = net_for_photographs(task)
    assert net.role in model_set(net.models).files


def test_only_embedded_nets_carry_a_note_for_photographs() -> None:
    note = embedded_note("restorer", "demo", "face_restorer")
    assert note is not None
    assert note.startswith("The restorer is the embedded one of demo")
    assert "`face-edit models fetch restorers gfpgan`" in note
    assert embedded_note("restorer", "restorers", "gfpgan") is None
