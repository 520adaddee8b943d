"""A direction of the embedded set as StyleCLIP's offset of styles, and back, on the command line."""

from pathlib import Path

import numpy as np
import pytest

from apps.directions.cli import main
from pipeline.core.errors import SpaceMismatch
from pipeline.core.own_attributes import own_attribute
from pipeline.models import Models
from projection.direction_file import Direction, write_direction


def test_a_direction_goes_to_style_space_and_back(
    tmp_path: Path, demo_models: Models, capsys: pytest.CaptureFixture[str]
) -> None:
    shape = (1, demo_models.generator.n_style, demo_models.generator.dim)
    path = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    write_direction(tmp_path / "a.safetensors", Direction(own_attribute("A direction"), demo_models.space, path))
    styles, back = tmp_path / "a.npy", tmp_path / "b.safetensors"
    assert main(["export", str(tmp_path / "a.safetensors"), "--format", "styleclip", "--output", str(styles)]) == 0
    assert main(["import", str(styles), "--models", "demo", "--output", str(back)]) == 0
    assert "1 direction of people-256, to be named" in capsys.readouterr().out
    assert main(["export", str(back), "--format", "styleclip", "--output", str(tmp_path / "c.npy")]) == 0
    np.testing.assert_allclose(np.load(tmp_path / "c.npy"), np.load(styles), atol=1e-2)
    channel = np.zeros_like(np.load(styles))
    channel[0] = 1
    channel[700] = 1
    np.save(styles, channel)
    assert main(["import", str(styles), "--models", "demo", "--output", str(back)]) == 0
    assert "% of" in capsys.readouterr().out
    with pytest.raises(SpaceMismatch, match="model set with --models"):
        other = ["--models", "ffhq-stylegan2", "--output", str(styles)]
        main(["export", str(tmp_path / "a.safetensors"), "--format", "styleclip", *other])
