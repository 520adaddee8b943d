"""The loop: killed and resumed is uninterrupted, the log is of one piece, other settings are refused."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.errors import BadInput
from pipeline.core.images import read_image
from pipeline.core.types import Image
from pipeline.training.gan import loop
from pipeline.training.gan.loop import Schedule
from pipeline.training.gan.nets import AdversarialNets
from pipeline.training.gan.settings import INCEPTION
from tests.pipeline.training.gan.gan import TINY, training

UNMEASURED = Schedule(kimg=0.08, measured=0)  # 20 steps


def test_killed_and_resumed_equals_uninterrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = training(tmp_path / "whole")
    whole.run(UNMEASURED)
    real = AdversarialNets.take_step

    def killed(self: AdversarialNets, step: int, images: object) -> dict[str, float]:
        if step == 13:
            raise KeyboardInterrupt
        return real(self, step, images)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(AdversarialNets, "take_step", killed)
        training(tmp_path / "parts").run(UNMEASURED)
    resumed = training(tmp_path / "parts")
    assert resumed.step == 13
    resumed.run(UNMEASURED)
    for name in ("generator", "mean_generator", "discriminator"):
        ours, theirs = (getattr(each.nets, name).state_dict() for each in (resumed, whole))
        assert [key for key in ours if not torch.equal(ours[key], theirs[key])] == []
    assert resumed.nets.p == whole.nets.p
    log = [(tmp_path / part / "log.jsonl").read_text() for part in ("whole", "parts")]
    assert log[0] == log[1]
    assert [json.loads(line)["step"] for line in log[0].splitlines()] == [8, 16]


def test_a_finished_training_goes_on_with_a_later_end(tmp_path: Path) -> None:
    whole = training(tmp_path / "whole")
    whole.run(UNMEASURED)
    training(tmp_path / "parts").run(Schedule(kimg=0.04, measured=0))
    more = training(tmp_path / "parts")
    more.run(UNMEASURED)
    ours, theirs = more.nets.mean_generator.state_dict(), whole.nets.mean_generator.state_dict()
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_samples_are_drawn_on_time(tmp_path: Path) -> None:
    training(tmp_path).run(replace(UNMEASURED, sample_every=0.03))
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == ["000000.00.png", "000000.03.png", "000000.06.png", "000000.08.png"]
    assert read_image(tmp_path / "samples" / names[0]).shape == (4 * 32, 6 * 32, 3)


def test_distances_are_measured_first_and_last_and_noted(tmp_path: Path) -> None:
    found = training(tmp_path).run(Schedule(kimg=0.008, measured=20))
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "fid" in line] == [0, 2]
    assert found is not None
    assert (found.fid, found.features) == (lines[-1]["fid"], "predictor-416")
    again = training(tmp_path).run(Schedule(kimg=0.008, measured=20))
    assert again == found
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == len(lines)


def test_distances_on_other_features_are_measured_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training(tmp_path).run(Schedule(kimg=0.008, measured=20))
    names = []

    def flat(images: Image | Iterable[Image], device: torch.device, name: str) -> np.ndarray:
        names.append(name)
        return np.random.default_rng(0).normal(size=(20, 4))

    monkeypatch.setattr("pipeline.training.gan.loop.features_of", flat)
    found = training(tmp_path).run(Schedule(kimg=0.008, measured=20, features=INCEPTION))
    assert found is not None
    assert (found.features, set(names)) == (INCEPTION, {INCEPTION})
    last = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])
    assert (last["step"], last["features"], last["fid"]) == (2, INCEPTION, found.fid)


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    training(tmp_path).run(Schedule(kimg=0.004, measured=0))
    with pytest.raises(BadInput, match="other settings or images"):
        training(tmp_path, replace(TINY, rate=1e-3))
    (tmp_path / "checkpoint.pt").write_bytes(b"nothing")
    with pytest.raises(BadInput, match="cannot be read as a checkpoint"):
        training(tmp_path)


def test_minutes_end_a_training(tmp_path: Path) -> None:
    trained = training(tmp_path)
    trained.run(Schedule(minutes=1e-6, measured=0))
    assert trained.step == 1
