"""The render cache: the same whether rendered at once, in pieces or by workers, and loud when the renderer changed."""

import numpy as np
import pytest
import torch

from pipeline.core.errors import BadInput
from pipeline.training import data
from pipeline.training.data import RenderPlan, RenderSet, build, open_renders
from pipeline.world.parameters import Parameters
from pipeline.world.render import render

PLAN = RenderPlan(count=7, seed=42, size=32)


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch):
    monkeypatch.setattr(data, "CHUNK", 3)


def arrays(renders: RenderSet) -> list[np.ndarray]:
    return [np.array(a) for a in (renders.rgb, renders.labels, renders.depth, renders.z)]


def test_holds_what_the_renderer_draws(tmp_path):
    renders = open_renders(tmp_path / "a", PLAN, workers=0)
    assert len(renders) == 7
    drawn = render(Parameters.from_z(torch.from_numpy(renders.z)), 32)
    assert np.abs(renders.rgb.astype(int) - drawn.rgb).mean() < 0.1
    assert (renders.labels == drawn.labels).mean() > 0.999
    assert np.abs(renders.depth / data.DEPTH_SCALE - drawn.depth).mean() < 1e-3


def test_killed_between_chunks_it_continues_to_the_same_arrays(tmp_path):
    whole = open_renders(tmp_path / "whole", PLAN, workers=0)
    unfinished = build(tmp_path / "parts", PLAN, workers=0)
    assert next(unfinished) == 0
    unfinished.close()
    assert np.load(tmp_path / "parts" / "done.npy").tolist() == [1, 0, 0]
    made = []
    original = data._render_chunk

    def counted(folder, plan, chunk):
        made.append(chunk)
        return original(folder, plan, chunk)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "_render_chunk", counted)
        resumed = open_renders(tmp_path / "parts", PLAN, workers=0)
    assert made == [1, 2]
    for first, second in zip(arrays(whole), arrays(resumed), strict=True):
        assert np.array_equal(first, second)


def test_another_plan_in_the_folder_is_refused(tmp_path):
    open_renders(tmp_path / "a", PLAN, workers=0)
    with pytest.raises(BadInput, match="other renders"):
        open_renders(tmp_path / "a", RenderPlan(count=7, seed=43, size=32), workers=0)


def test_a_changed_renderer_is_noticed(tmp_path):
    open_renders(tmp_path / "a", PLAN, workers=0)
    stored = np.load(tmp_path / "a" / "rgb.npy", mmap_mode="r+")
    stored[:] = 255 - stored[:]
    stored.flush()
    with pytest.raises(BadInput, match="renderer has changed"):
        open_renders(tmp_path / "a", PLAN, workers=0)


def test_small_copies_are_made_once(tmp_path):
    renders = open_renders(tmp_path / "a", PLAN, workers=0)
    small = renders.small(16)
    assert small.shape == (7, 16, 16, 3)
    stamp = (tmp_path / "a" / "rgb16.npy").stat().st_mtime_ns
    renders.small(16)
    assert (tmp_path / "a" / "rgb16.npy").stat().st_mtime_ns == stamp
    assert abs(float(small[0].mean()) - float(renders.rgb[0].mean())) < 2
