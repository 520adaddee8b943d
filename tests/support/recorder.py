"""A progress that remembers what it is told."""

from pipeline.core.progress import Progress


class Recorder(Progress):
    """Totals, steps and sentences of some work."""

    def __init__(self) -> None:
        self.total: float | None = None
        self.before = self.items = 0.0
        self.images = 0
        self.steps: list[tuple[str, int, int]] = []
        self.sentences: list[str] = []

    def start(self, total: float | None, done: float = 0) -> None:
        self.total, self.before = total, done

    def advance(self, items: float = 1.0, images: int = 0) -> None:
        self.items += items
        self.images += images

    def step(self, text: str, done: int = 0, total: int = 0) -> None:
        self.steps.append((text, done, total))

    def note(self, text: str) -> None:
        self.sentences.append(text)

    warn = note
