"""Resolution and width of previews: the finest sub-generator within the time budget, chosen from measured times."""

from collections.abc import Sequence
from dataclasses import dataclass

TIME_BUDGET = 0.011
"""Seconds per preview. A slider move during a preview waits for two: both and the painting should take 1/30 s."""
FINER_BELOW = 0.8
"""A finer level is tried where its expected time is below this share of the budget."""
COOLDOWN = 60
"""Frames without trying a finer level after one was too slow."""
ELASTIC = ((0.25, 4), (0.5, 4), (0.25, 2), (0.5, 2), (1.0, 2), (0.5, 1), (1.0, 1))
"""(ratio of channels, divisor of the resolution) from coarse to fine; each costs about twice the one before."""
NOT_ELASTIC = ((1.0, 32), (1.0, 16), (1.0, 8), (1.0, 4), (1.0, 1))
"""The same for a generator that is not elastic: its coarse layers alone."""


@dataclass(frozen=True)
class Level:
    """A sub-generator.

    Attributes:
        ratio: Ratio of its channels, 0..1.
        resolution: Resolution in pixels at which it stops; None: the generator's.
    """

    ratio: float = 1.0
    resolution: int | None = None

    def __str__(self) -> str:
        return f"{self.ratio:g} × {self.resolution or 'full'}"


class PreviewLevels:
    """The levels of a generator, and the one in use.

    Attributes:
        levels: From coarse to fine; one full level for a generator that is not open yet.
        fixed: Level set by the user, or None.
    """

    def __init__(self, resolutions: Sequence[int] = (), elastic: bool = True) -> None:
        """Levels of a generator with these resolutions in pixels."""
        largest = max(resolutions, default=0)
        self.levels = tuple(
            Level(ratio, largest // divisor)
            for ratio, divisor in (ELASTIC if elastic else NOT_ELASTIC)
            if largest // divisor in resolutions
        ) or (Level(),)
        self.fixed: Level | None = None
        self._index, self._cooldown, self._seconds = 0, 0, 0.0

    @property
    def level(self) -> Level:
        """The level of the next preview."""
        return self.fixed or self.levels[self._index]

    def fix(self, level: Level | None) -> None:
        """Use one level regardless of its time; None: choose from measured times again."""
        self.fixed = level

    def record(self, level: Level, seconds: float) -> None:
        """Record the time of a preview and change the level when it exceeds the budget or leaves enough of it."""
        if level != self.levels[self._index]:
            return
        # A slow frame counts at once, a quick one only as an average with those before it.
        self._seconds = max(seconds, 0.5 * self._seconds + 0.5 * seconds) if self._seconds else seconds
        self._cooldown = max(0, self._cooldown - 1)
        finer_fits = 2 * self._seconds < FINER_BELOW * TIME_BUDGET
        if self._seconds > TIME_BUDGET and self._index:
            self._shift(-1)
            self._cooldown = COOLDOWN
        elif finer_fits and not self._cooldown and self._index + 1 < len(self.levels):
            self._shift(1)

    def _shift(self, step: int) -> None:
        self._index += step
        self._seconds = 0.0
