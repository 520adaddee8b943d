"""A generator that somebody trained becomes a model set that opens and draws what it drew before."""

from pathlib import Path

import numpy as np
import pytest
import torch

from apps.models.cli import main
from pipeline.core.checkpoints import load_state
from pipeline.core.errors import BadConfig, BadInput, MissingWeights
from pipeline.core.model_sets import HOME_VARIABLE, expected_path, model_set, model_sets
from pipeline.core.weights import locate, verify
from pipeline.downloads.import_files import import_generator, remove
from pipeline.models import Models
from projection.nets.generator import Generator


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "weights"))
    return tmp_path / "weights"


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Path, Generator]:
    """A checkpoint as people have it, and the net in it."""
    torch.manual_seed(0)
    net = Generator(resolution=16, style_dim=8, n_mlp=2, channels={4: 8, 8: 8, 16: 4}).eval()
    path = tmp_path / "checkpoints" / "00100.pt"
    path.parent.mkdir()
    torch.save({"g_ema": net.state_dict(), "args": {"size": 16}}, path)
    return path, net


def test_an_imported_generator_draws_as_before(trained: tuple[Path, Generator], folder: Path) -> None:
    path, net = trained
    before = path.read_bytes()
    made = import_generator(path, "mygan", "ffhq-stylegan2")
    assert path.read_bytes() == before
    assert (made.resolution, made.n_style, made.dim, made.elastic) == (16, 6, 8, False)
    assert model_sets()["mygan"] == made
    stored = load_state(locate(made, "generator"))
    assert all(torch.equal(stored[key], value) for key, value in net.state_dict().items())
    models = Models("mygan", "cpu")
    latent = np.random.default_rng(0).normal(size=(1, 6, 8)).astype(np.float32)
    assert models.generator.render(latent).shape == (1, 16, 16, 3)
    verify(made, "generator")


def test_the_space_is_that_of_the_weights(trained: tuple[Path, Generator], tmp_path: Path) -> None:
    path, _ = trained
    first = import_generator(path, "first", "ffhq-stylegan2")
    other = Generator(resolution=16, style_dim=8, n_mlp=2, channels={4: 8, 8: 8, 16: 4})
    torch.save({"g_ema": other.state_dict()}, tmp_path / "other.pt")
    remove(first)
    assert import_generator(tmp_path / "other.pt", "first", "ffhq-stylegan2").space != first.space


def test_what_goes_with_it(trained: tuple[Path, Generator]) -> None:
    made = import_generator(trained[0], "mygan", "ffhq-stylegan2")
    # Of another shape than e4e's latents, so without its encoder.
    assert list(made.files) == [role for role in model_set("ffhq-stylegan2").files if role != "encoder"]
    assert made.also == ("faces",)
    assert made.files["parser"] == model_set("ffhq-stylegan2").files["parser"]
    embedded = import_generator(trained[0], "small", "demo")
    assert expected_path(embedded.files["parser"]) == expected_path(model_set("demo").files["parser"])
    assert "translations" not in embedded.files


def test_an_encoder_of_the_same_shape_comes_along(tmp_path: Path) -> None:
    demo = model_set("demo")
    torch.save(load_state(locate(demo, "generator")), tmp_path / "tuned.pt")
    assert "encoder" in import_generator(tmp_path / "tuned.pt", "tuned", "demo").files


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/b", "..", ""])
def test_a_name_never_leads_out_of_the_folder(trained: tuple[Path, Generator], folder: Path, name: str) -> None:
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(BadInput, match="cannot be the name of a model set"):
        import_generator(trained[0], name, "ffhq-stylegan2")
    assert sorted(folder.parent.rglob("*")) == before


def test_what_cannot_be_imported(trained: tuple[Path, Generator], tmp_path: Path) -> None:
    path, _ = trained
    with pytest.raises(BadInput, match="There is a model set demo already"):
        import_generator(path, "demo", "ffhq-stylegan2")
    with pytest.raises(BadConfig, match="faces has no generator"):
        import_generator(path, "mygan", "faces")
    with pytest.raises(BadConfig, match="did you mean ffhq-stylegan2"):
        import_generator(path, "mygan", "ffhq-stylegan3")
    (tmp_path / "no.pt").write_bytes(b"nonsense")
    with pytest.raises(MissingWeights, match="cannot be read"):
        import_generator(tmp_path / "no.pt", "mygan", "ffhq-stylegan2")
    assert "mygan" not in model_sets()


def test_the_command_imports_lists_and_removes(
    trained: tuple[Path, Generator], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert main(["import", str(trained[0]), "--name", "mygan"]) == 0
    assert "mygan: 00100.pt, 16 px, latents of the space mygan-" in capsys.readouterr().out
    assert main(["list", "mygan"]) == 0
    assert "mygan-generator.safetensors" in capsys.readouterr().out
    assert main(["remove", "mygan"]) == 0
    assert "mygan" not in model_sets()
    assert [path.name for path in folder.iterdir() if path.name[0] != "."] == ["sets.yaml"]
