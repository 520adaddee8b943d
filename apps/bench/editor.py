"""`face-edit bench editor`: latency of start-up, slider moves and releases until painted, and memory growth."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt6.QtWidgets import QApplication

from apps.bench.mouse import MouseDriver, drag_all, open_window
from apps.editor.window import Window
from pipeline.quality.summary import Table

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.models import Models

MEMORY_INTERVAL = 100
"""Edits between two readings of the memory."""


def resident_memory() -> float:
    """Resident memory of this process in MB; NaN on systems without /proc."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if statm.is_file() else float("nan")


def edit_many(window: Window, edits: int, tell: Callable[[int], Any], interval: int = MEMORY_INTERVAL) -> list[float]:
    """Memory in MB after every `interval` edits, each rendered at full quality."""
    driver, document = MouseDriver(window), window.session.current
    assert document is not None
    names, used = list(document.translations), []
    for number in range(1, edits + 1):
        driver.set_strength(names[number % len(names)], 0.2 + number % 7 / 5)
        if number % interval == 0:
            used.append(resident_memory())
            tell(number)
    return used


def launch() -> float:
    """Milliseconds from the start of the command until its window is painted."""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "apps.bench.startup"], capture_output=True, text=True, check=True)
    return 1000 * (float(done.stdout.split()[0]) - began)


def measure(config: RunConfig, models: Models, runs: int, edits: int, step: Callable[[str, int, int], Any]) -> Table:
    """Table in milliseconds: each run, the best run, and the limit on an idle machine."""
    starts = []
    for run in range(runs):
        step("start", run, runs)
        starts.append(launch())
    dragged = []
    with open_window(config, models) as window:
        drag_all(window)  # warm-up: loads weights and caches
        for run in range(runs):
            step("sliders", run, runs)
            dragged.append(drag_all(window))
        title = f"Editor: {models.set.name}, {models.generator.resolution} pixels, previews at "
        title += f"{window.controller.renderer.preview_levels.level!s}\n{machine(models)}"
        used = edit_many(window, edits, lambda number: step("edits", number, edits))
    moves = [np.concatenate([drag.moves for drag in drags]) for drags in dragged]
    releases = [np.array([drag.release for drag in drags]) for drags in dragged]
    limits = (33, 150) if models.generator.elastic else (150, None)
    rows = [
        _row("window on screen after its start", starts, 2000),
        _row("preview on screen after a move, median", [float(np.median(each)) for each in moves], None),
        _row("preview on screen after a move, 95 %", [float(np.percentile(each, 95)) for each in moves], limits[0]),
        _row("full picture after the release, median", [float(np.median(each)) for each in releases], None),
        _row(
            "full picture after the release, slowest slider, each at its best",
            [float(each.max()) for each in releases],
            limits[1],
            best=float(np.min(releases, axis=0).max()),
        ),
    ]
    columns = ("milliseconds", *(f"run {run + 1}" for run in range(runs)), "best", "at most")
    if len(used) > 1:
        title += f"\nMemory: {used[0]:.0f} MB after {MEMORY_INTERVAL} edits, {used[-1]:.0f} MB after "
        title += f"{len(used) * MEMORY_INTERVAL}"
        half = used[len(used) // 2 :]
        if len(half) > 1:  # a short run has no slope
            slope = float(np.polyfit(np.arange(len(half)), half, 1)[0])
            title += f", {slope:+.1f} MB for every {MEMORY_INTERVAL} in the second half"
    return Table(title, "editor", columns, tuple(rows))


def machine(models: Models) -> str:
    """Device, cores, threads, Qt platform and load, on which the figures depend."""
    import torch

    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    platform = QApplication.platformName()
    return f"{models.device.type}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, Qt {platform}{load}"


def _row(name: str, values: list[float], limit: int | None, best: float | None = None) -> tuple[str, ...]:
    best = min(values) if best is None else best
    return name, *(f"{value:.0f}" for value in (*values, best)), "" if limit is None else str(limit)
