"""Tiny sets of rendered people for trainings, made of the stored samples: nothing is rendered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("numba", reason="needs the extra `world`, for what is seen of people")
pytest.importorskip("embreex", reason="needs the extra `world`, for what is seen of people")

from pipeline.core.attributes import canonical
from pipeline.core.images import resize
from pipeline.training.context import TrainingContext
from pipeline.training.data import RenderSet
from pipeline.training.people import OCCASIONS, Plan, draw_edit, shards
from pipeline.world.person import Person, counterfactual, on_another_occasion
from pipeline.world.portrait import Portrait, stacked
from pipeline.world.samples import Sample, samples


class SampleTraining(TrainingContext):
    """A training on samples that writes its weights beside the checkpoints instead of into the tree."""

    def target(self, part: str) -> Path:
        return self.work_dir / f"{part}.safetensors"

    def _open(self, name: str, count: int, plan: Plan) -> RenderSet:
        write_samples(self.work_dir / name, count, plan)
        return super()._open(name, count, plan)


def sample_training(folder: Path) -> SampleTraining:
    """A training with six studio people, four wild ones, three pairs, five even ones, and four people to measure on."""
    return SampleTraining(folder, torch.device("cpu"), 6, 4, 3, 5, 4, workers=1)


def write_samples(folder: Path, count: int, plan: Plan) -> None:
    """Files of a plan as `write_people` leaves them, but for the people, who are samples with the seeds of the plan.

    The second of a pair has the picture of the first, darker.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for shard in shards(folder, count, plan):
        seeds = range(shard.first, shard.first + shard.count)
        people, edits, portraits = zip(*(each for seed in seeds for each in _people(seed, plan)), strict=True)
        np.savez(shard.path, edits=np.array(edits), **stacked(people, portraits))


def _people(seed: int, plan: Plan) -> Iterator[tuple[Person, str, Portrait]]:
    of_look = [sample for sample in _samples() if sample.person.look == plan.look]
    sample = of_look[seed % len(of_look)]
    person, portrait = replace(sample.person, seed=seed), _small(sample.portrait, plan.size)
    yield person, "", portrait
    darker = replace(portrait, rgb=portrait.rgb // 2)
    if plan.pairs == "edit":
        edit = draw_edit(person)
        yield counterfactual(person, **canonical(edit)), edit, darker
    elif plan.pairs == "occasion":
        yield on_another_occasion(person, OCCASIONS + seed), "occasion", darker


@cache
def _samples() -> list[Sample]:
    return samples()


def _small(portrait: Portrait, size: int) -> Portrait:
    step = len(portrait.rgb) // size
    outlines = {name: points / step for name, points in portrait.outlines.items()}
    labels, depth = portrait.labels[::step, ::step], portrait.depth[::step, ::step]
    return Portrait(resize(portrait.rgb, size), labels, depth, portrait.landmarks / step, outlines)
