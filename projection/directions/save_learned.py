"""What was learned from examples, as a file: a translation of the table, or a direction of the user's own."""

import json
from datetime import UTC, datetime
from pathlib import Path

from pipeline.core.attributes import Attribute, TranslationName
from pipeline.core.errors import BadInput
from pipeline.core.types import Translation
from projection.direction_file import SUFFIX, Direction
from projection.directions.describe import Described
from projection.directions.supervised import Learned
from projection.translations import save


def check_output(path: Path, name: TranslationName | None) -> None:
    """Raise BadInput where a direction of the user's own would go to a folder of translations."""
    if name is None and path.suffix != SUFFIX:
        raise BadInput(f"{path} is no {SUFFIX} file: only translations of the table go into folders.")


def save_translation(path: Path, learned: Learned, name: TranslationName, space: str, models: str) -> None:
    """Write a translation of the table with its recipe, figures and table of candidates.

    Args:
        path: As for `translations.save`.
        models: Fingerprint of the model set.
    """
    metadata = {
        "what": "direction learned by face-edit directions learn",
        "when": datetime.now(UTC).date().isoformat(),
        "models": models,
        "recipe": json.dumps(learned.recipe),
        "figures": json.dumps(learned.figures),
        "table": json.dumps(learned.table),
    }
    if learned.outcome is not None:
        metadata["report"] = json.dumps({str(name): learned.outcome.as_dict()})
    save(path, [Translation(str(name), space, learned.path)], metadata)


def as_direction(learned: Learned, entry: Attribute, space: str, models: str, described: Described) -> Direction:
    """A direction of the user's own, with its strip, recipe, figures and table of candidates.

    Args:
        entry: Its entry, see `own_attribute`.
        models: Fingerprint of the model set.
        described: Of its path, see `projection.directions.describe.describer`.
    """
    recipe = {"method": "learned", "source": models, **learned.recipe, "table": learned.table}
    return Direction(entry, space, learned.path, described.thumbnail, recipe, {**learned.figures, **described.figures})
