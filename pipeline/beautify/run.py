"""Many photographs retouched one after the other; what is finished is not done again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.batch.manifest import MANIFEST, Manifest, Record
from pipeline.beautify.faces import Retoucher
from pipeline.core.errors import BadInput, FaceEditError
from pipeline.core.files import sha256
from pipeline.core.images import list_images
from pipeline.photo.photo import read_photo, write_photo

EDIT = "beautify"
"""What the manifest calls the one thing that is done to each photo."""


@dataclass
class Outcome:
    """What a run did. before: photos that were done already · records: of the others, in order"""

    before: int
    records: list[Record] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """Photos that could not be used."""
        return sum(record.error is not None for record in self.records)


def targets(given: Iterable[Path], output_dir: Path) -> dict[Path, Path]:
    """Photos, and those of folders, with the files that their results go to.

    Raises BadInput for none, for two of one name and for results that would replace a photo.
    """
    found: dict[str, Path] = {}
    for place in given:
        paths = list_images(place) if place.is_dir() else [place]
        if not paths:
            raise BadInput(f"There are no images in {place}.")
        for path in paths:
            if path.stem in found:
                raise BadInput(f"{found[path.stem]} and {path} would both be called {path.stem}: rename one.")
            if (output_dir / f"{path.stem}.png").resolve() == path.resolve():
                raise BadInput(f"The result of {path} would replace the photo itself: choose another --output-dir.")
            found[path.stem] = path
    return {path: output_dir / f"{name}.png" for name, path in found.items()}


def beautify_all(
    photos: dict[Path, Path],
    output_dir: Path,
    beautician: Retoucher,
    gps: bool,
    tell: Callable[[Record], None] = lambda _: None,
    move: Callable[[str, int, int], None] = lambda *_: None,
) -> Outcome:
    """Write the result of every photo (see `targets`) that is not finished yet; a photo that fails is noted.

    gps: whether results may say where a photo was taken · tell: given the record of each photo · move: told which photo
    comes next, its number, and of how many
    """
    manifest = Manifest(output_dir / MANIFEST)
    digests = {path: sha256(path) if path.is_file() else "" for path in photos}
    finished = {path for path in photos if photos[path].is_file() and manifest.finished(path.stem, digests[path])}
    manifest.rewrite([path.stem for path in photos if path in finished])
    outcome = Outcome(len(finished))
    for number, (path, target) in enumerate(photos.items()):
        move(path.name, number, len(photos))
        if path in finished:
            continue
        record = Record(path.stem, str(path), digests[path], 1)
        try:
            record = _beautify(path, target, beautician, gps, record)
        except FaceEditError as error:
            record = replace(record, error=str(error))
        tell(record)
        manifest.append([record])
        outcome.records.append(record)
    return outcome


def _beautify(path: Path, target: Path, beautician: Retoucher, gps: bool, record: Record) -> Record:
    result, notes = beautician.photo(read_photo(path))
    write_photo(target, result, gps)
    faces = 0 if result.recipe is None else result.recipe["faces"]
    warning = "; ".join(notes) or None
    return replace(record, edit=EDIT, image=target.name, warning=warning, scores={"faces": faces})
