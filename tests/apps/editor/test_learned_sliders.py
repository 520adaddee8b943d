"""From examples to a slider: `directions learn` on people of the embedded generator, its file through the real window.

The judge, which nothing is learned with, sees the target in four of five people that were held out.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from apps.bench.mouse import MouseDriver, open_window
from apps.cli import main
from apps.editor.features.own_sliders.actions import OwnSliders
from apps.editor.features.own_sliders.dialog import SliderDialog
from pipeline.config import load_config
from pipeline.core.attributes import head_slices, parse
from pipeline.models import Models
from projection.attributes.scoring import Samples, Scorer, sources, targets
from projection.direction_file import read_direction
from projection.directions.calibration import judge
from projection.latent_files import write_latent
from tests.apps.editor.interaction import opened, wait

QUICK = ("n_samples=200", "size=64", "validation=6", "shown=12", "evaluations=3", "leak_steps=1", "block=7")
SIZE, SHARE = 64, 0.8
N = head_slices()["N"].start


@pytest.fixture(scope="module")
def people(demo_models: Models) -> Samples:
    """People with the scores of the predictor; the last 40 are held out."""
    return Scorer(demo_models.generator, demo_models.predictor, SIZE, 32).sample(240, 7)


def write(folder: Path, rows: np.ndarray, people: Samples, models: Models) -> Path:
    """Latents of people in a folder."""
    latents = Scorer(models.generator, models.judge, SIZE, 32).in_w_plus(people.latents)
    for row in rows:
        write_latent(folder / f"p{row:03d}.npy", latents[row], models.space)
    return folder


def examples(name: str, folder: Path, people: Samples, models: Models) -> list[str]:
    """Options of the command: twenty with the attribute and twenty without, or a table."""
    known = people[:200]
    if name == "N_max":
        with (folder / "scores.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["name", "eyes"])
            rows.writerows([f"p{row:03d}", f"{known.scores[row, N]:.5f}"] for row in range(200))
        latents = write(folder / "latents", np.arange(200), people, models)
        return ["--scores", str(folder / "scores.csv"), "--target", "eyes", "--latents", str(latents)]
    having, without = (np.flatnonzero(of(parse(name), known.scores))[:20] for of in (targets, sources))
    present, absent = (
        write(folder / str(len(rows) + i), rows, people, models) for i, rows in enumerate((having, without))
    )
    return ["--with", str(present), "--without", str(absent)]


@pytest.mark.full
@pytest.mark.parametrize("name", ["Gl_1", "N_max"])
def test_examples_become_a_slider_that_reaches_its_target(
    name: str, people: Samples, demo_models: Models, tmp_path: Path
) -> None:
    output = tmp_path / "mine.safetensors"
    quick = [option for each in QUICK for option in ("--set", each)]
    options = [*examples(name, tmp_path, people, demo_models), "--name", "Mine", "--output", str(output), *quick]
    assert main(["directions", "learn", *options]) == 0

    scorer, parsed = Scorer(demo_models.generator, demo_models.judge, SIZE, 32), parse(name)
    fresh = people.latents[200:]
    before = scorer(fresh)
    start = sources(parsed, before)
    after = scorer(scorer.in_w_plus(fresh)[start] + read_direction(output).path[-1])
    assert start.sum() >= 10 and judge(parsed, before[start], after, 1.0).success >= SHARE

    with open_window(load_config(None, []), demo_models) as window:
        feature = window.findChild(OwnSliders)
        assert feature is not None
        feature.open_file(output)
        wait(lambda: bool(window.findChildren(SliderDialog)))
        opened(SliderDialog).accept_button.click()
        wait(lambda: "mine" in window.panel.rows and window.panel.rows["mine"].isVisible())
        MouseDriver(window).set_strength("mine_max", 1.0)
        document, picture = window.session.current, window.session.picture
        assert document is not None and document.portrait is not None and picture is not None
        assert (picture.image != document.portrait.image).any()
