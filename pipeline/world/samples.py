"""Sample portraits of the held-out seeds."""

from pathlib import Path

SIZE = 256


def render_portraits(folder: Path, count: int) -> None:
    """Write `count` portraits of the held-out seeds as FOLDER/portrait_1.png and so on, 256 px; the same every time."""
    from pipeline.core.images import write_image
    from pipeline.world.parameters import HELD_OUT_SEED, Parameters, sample_z
    from pipeline.world.render import render

    pictures = render(Parameters.from_z(sample_z(count, HELD_OUT_SEED)), SIZE).rgb
    for number, picture in enumerate(pictures, 1):
        write_image(folder / f"portrait_{number}.png", picture)
