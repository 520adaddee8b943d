"""How fine a preview may be: the sub-generator that keeps the picture moving, chosen from measured times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ALLOWED = 0.011
"""Seconds that a preview may take. A move that comes when one has just begun waits for that one and its own, and both,
with the way to the screen, should take no longer than a thirtieth of a second."""
CLIMB = 0.8
"""A finer level is tried where its expected time is below this share of what it may take."""
REST = 60
"""Frames for which no finer level is tried after one was too slow."""
ELASTIC = ((0.25, 4), (0.5, 4), (0.25, 2), (0.5, 2), (1.0, 2), (0.5, 1), (1.0, 1))
"""Ratio of channels and divisor of the resolution, from coarse to fine; each costs about twice the one before."""
RIGID = ((1.0, 32), (1.0, 16), (1.0, 8), (1.0, 4), (1.0, 1))
"""The same where the generator is not elastic: its coarse layers alone."""


@dataclass(frozen=True)
class Level:
    """A sub-generator: ratio of its channels, and the resolution (None: of the generator) it stops at."""

    ratio: float = 1.0
    resolution: int | None = None

    def __str__(self) -> str:
        return f"{self.ratio:g} × {self.resolution or 'full'}"


class PreviewLevels:
    """The level to preview at.

    resolutions: those of the generator; none before it is known · fixed: a level set by hand, or None
    """

    def __init__(self, resolutions: Sequence[int] = (), elastic: bool = True, fixed: Level | None = None) -> None:
        largest = max(resolutions, default=0)
        self.levels = tuple(
            Level(ratio, largest // divisor)
            for ratio, divisor in (ELASTIC if elastic else RIGID)
            if largest // divisor in resolutions
        ) or (Level(),)
        self.fixed = fixed
        self._place, self._rest, self._seconds = 0, 0, 0.0

    @property
    def level(self) -> Level:
        """What the next preview should be rendered at."""
        return self.fixed or self.levels[self._place]

    def note(self, level: Level, seconds: float) -> None:
        """A preview at `level` took so long."""
        if level != self.levels[self._place]:
            return
        # A slow frame counts at once, a quick one only with those before it.
        self._seconds = max(seconds, 0.5 * self._seconds + 0.5 * seconds) if self._seconds else seconds
        self._rest = max(0, self._rest - 1)
        if self._seconds > ALLOWED and self._place:
            self._go(-1)
            self._rest = REST
        elif not self._rest and self._place + 1 < len(self.levels) and 2 * self._seconds < CLIMB * ALLOWED:
            self._go(1)

    def _go(self, step: int) -> None:
        self._place += step
        self._seconds = 0.0
