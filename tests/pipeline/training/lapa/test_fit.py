"""The loop: a killed training gives the weights of one that was not, and ends when nothing gets better."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch

from pipeline.core.errors import BadInput
from pipeline.core.progress import SILENT
from pipeline.training import loop
from pipeline.training.lapa import fit as fitting
from pipeline.training.lapa.cache import open_split
from pipeline.training.lapa.fit import LapaRecipe, fit, measure, miou, stopped
from pipeline.training.lapa.nets import Parser
from pipeline.training.lapa.settings import Settings
from pipeline.training.recipe import Batch, Moment
from tests.pipeline.training.lapa.lapa import write_split

CPU = torch.device("cpu")
SETTINGS = Settings(encoder_weights="none", size=64, coarse_epochs=1, batch_size=4, decay_every=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("lapa")
    for seed, name in enumerate(("train", "val")):
        write_split(place / name, 8, 64, seed)
    return place


def trained(folder: Path, checkpoint: Path, epochs: int, settings: Settings = SETTINGS) -> tuple[Parser, list[str]]:
    log: list[str] = []
    net, _ = fit(
        settings,
        epochs,
        lambda name, size: open_split(folder / name, size, folder / "cache"),
        checkpoint,
        CPU,
        SILENT,
        log.append,
    )
    return net, log


def test_a_resumed_training_gives_the_same_weights(folder: Path, tmp_path: Path) -> None:
    whole, _ = trained(folder, tmp_path / "whole.pt", 3)
    trained(folder, tmp_path / "parts.pt", 2)
    resumed, log = trained(folder, tmp_path / "parts.pt", 3)
    assert log[0].startswith("Resumed at step 4 ")
    assert len(log) == 2
    for key, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key


def test_killed_within_an_epoch_it_gives_the_same_weights_and_figures(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, log = trained(folder, tmp_path / "whole.pt", 2)
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    real = LapaRecipe.loss

    def killed(self: LapaRecipe, net: torch.nn.Module, batch: Batch, at: Moment) -> torch.Tensor:
        if at.step == 3:
            raise KeyboardInterrupt
        return real(self, net, batch, at)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(LapaRecipe, "loss", killed)
        trained(folder, tmp_path / "parts.pt", 2)
    resumed, more = trained(folder, tmp_path / "parts.pt", 2)
    assert more[0].startswith("Resumed at step 3 ")
    assert [line.rsplit("  ", 1)[0] for line in more[1:]] == [line.rsplit("  ", 1)[0] for line in log[1:]]
    for key, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key


def test_sizes_and_rates_follow_the_epochs(folder: Path, tmp_path: Path) -> None:
    _, log = trained(folder, tmp_path / "c.pt", 2)
    assert "32 px  rate 0.001 " in log[0]
    assert "64 px  rate 0.0005 " in log[1]


def test_all_layers_learn(folder: Path, tmp_path: Path) -> None:
    net, _ = trained(folder, tmp_path / "c.pt", 2)
    torch.manual_seed(SETTINGS.seed)
    fresh = fitting.build(SETTINGS)
    still = [k for (k, a), b in zip(net.named_parameters(), fresh.parameters(), strict=True) if torch.equal(a, b)]
    assert not still


def test_a_checkpoint_of_other_settings_is_refused(folder: Path, tmp_path: Path) -> None:
    trained(folder, tmp_path / "c.pt", 1)
    with pytest.raises(BadInput, match="other settings"):
        trained(folder, tmp_path / "c.pt", 2, replace(SETTINGS, gamma=1.0))


def test_no_patience_ends_a_training() -> None:
    settings = replace(SETTINGS, coarse_epochs=1, patience=2)
    history = [{"val_miou": value} for value in (0.9, 0.3, 0.5, 0.4)]
    assert not stopped(history[:1], settings)
    assert not stopped(history, settings)
    assert stopped([*history, {"val_miou": 0.5}], settings)
    assert not stopped([*history, {"val_miou": 0.6}], settings)


def test_the_best_epoch_is_what_remains(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(SETTINGS, coarse_epochs=0)
    first, _ = trained(folder, tmp_path / "one.pt", 1, settings)
    scores = iter((0.5, 0.8, 0.5, 0.2))  # of training and validation, epoch by epoch
    monkeypatch.setattr(fitting, "miou", lambda _: next(scores))
    best, _ = trained(folder, tmp_path / "two.pt", 2, settings)
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), best.state_dict().values(), strict=True))


def test_the_loss_is_the_focal_loss_summed_over_the_classes() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(2, 11, 8, 8), torch.randint(0, 11, (2, 8, 8), dtype=torch.uint8)
    net = torch.nn.Identity()
    loss, total = measure(net, [(logits, labels)], 2.0, CPU)
    mean = float(smp.losses.FocalLoss("multiclass", gamma=2.0)(logits, labels.long()))
    assert loss == pytest.approx(11 * mean, rel=1e-5)
    assert total.sum() == labels.numel()
    assert np.trace(total) == int((logits.argmax(1) == labels).sum())


def test_a_diverging_training_says_so(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--rate"):
        trained(folder, tmp_path / "c.pt", 2, replace(SETTINGS, rate=1e30))


def test_miou_leaves_out_what_never_occurs() -> None:
    total = np.zeros((11, 11), np.int64)
    total[0, 0], total[1, 1], total[1, 0] = 30, 10, 10
    assert miou(total) == pytest.approx((30 / 40 + 10 / 20) / 2)
