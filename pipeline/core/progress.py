"""Progress of long work: the one protocol, from the optimiser's iterations to the photos of a folder."""


class Progress:
    """Receives the progress of long work; this one shows nothing.

    Work has items (portraits, photos, bytes of a file); within an item there are steps.
    """

    def start(self, total: float | None, done: float = 0) -> None:
        """Begin work on `total` items (None: unknown), `done` of them finished by an earlier start."""

    def advance(self, items: float = 1.0, images: int = 0) -> None:
        """Count finished items (fractions allowed), and the images made for them."""

    def step(self, text: str, done: int = 0, total: int = 0) -> None:
        """Name the current step, such as "projecting", at iteration `done` of `total`."""

    def note(self, text: str) -> None:
        """Pass on a sentence about the work."""

    def warn(self, text: str) -> None:
        """Pass on a sentence that the user should act on."""


SILENT = Progress()
