"""`face-edit submission`: build the challenge's zip from a run, check a zip, or draw the challenge's inputs."""

from pathlib import Path

from apps.console import ConsoleProgress, command_parser
from pipeline.core.errors import BadInput
from pipeline.core.names import counted

EPILOG = """\
examples:
  face-edit submission --draw-inputs inputs
  face-edit submission run1 --output submission.zip
  face-edit submission --check submission.zip
"""


def main(argv: list[str]) -> int:
    """Build a zip from a run folder and check it, check the given zip, or draw inputs; 1 when a zip has problems."""
    parser = command_parser(
        "submission", "Build the challenge's zip from a run over its inputs, or check a zip.", EPILOG
    )
    parser.add_argument("run", nargs="?", type=Path, help="run folder, or a folder with INPUT/IDENTIFIER.png")
    parser.add_argument("--output", type=Path, default=Path("submission.zip"), help="zip to write (%(default)s)")
    parser.add_argument("--step", help="step whose images to take (default: the run's last)")
    parser.add_argument("--references", type=Path, metavar="DIR", help="copy DIR/INPUT.png where an edit is absent")
    parser.add_argument("--check", type=Path, metavar="ZIP", help="only say what is wrong with this zip")
    inputs = "only render the inputs, as their names say (needs the extra `world`)"
    parser.add_argument("--draw-inputs", type=Path, metavar="DIR", help=inputs)
    parser.add_argument("--names", type=Path, metavar="FILE", help="inputs, one name a line (default: the official 72)")
    options = parser.parse_args(argv)
    if sum(given is not None for given in (options.run, options.check, options.draw_inputs)) != 1:
        parser.error("give a run folder, --check ZIP or --draw-inputs DIR")
    names = _names(options.names)
    if options.draw_inputs is not None:
        return _draw(options.draw_inputs, names)
    if options.check is not None:
        return _check(options.check, names)

    from pipeline.submission import build

    with ConsoleProgress() as progress:
        copies = build(_images(options.run, options.step), options.output, names, options.references, progress)
    for path in copies:
        print(f"{path}: copy of the reference")
    return _check(options.output, names)


def _draw(folder: Path, names: tuple[str, ...]) -> int:
    from pipeline.core.images import write_image
    from pipeline.world.challenge import draw_input

    paths = {name: folder / f"{name}.png" for name in names}
    if there := next((path for path in paths.values() if path.exists()), None):
        raise BadInput(f"{there} exists already: choose another folder.")
    with ConsoleProgress() as progress:
        progress.start(len(names))
        for name, path in paths.items():
            write_image(path, draw_input(name))
            progress.advance()
    print(f"{counted(len(names), 'input')} drawn -> {folder}")
    return 0


def _names(file: Path | None) -> tuple[str, ...]:
    from pipeline.core.challenge import OFFICIAL_NAMES, parse_name

    if file is None:
        return OFFICIAL_NAMES
    try:
        names = tuple(line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The names in {file} cannot be read: give a text file with one input a line.") from error
    for name in names:
        parse_name(name)
    if not names or len(set(names)) < len(names):
        raise BadInput(f"{file} should name every input once, and at least one.")
    return names


def _images(folder: Path, step: str | None) -> Path:
    """Folder of the images after `step`, or after the last step that the run's config.yaml lists."""
    import yaml

    from pipeline.batch.folder import CONFIG
    from pipeline.edit.render import step_folder

    if not folder.is_dir():
        zipped = f": check a zip with --check {folder}." if folder.is_file() else "."
        raise BadInput(f"There is no run folder {folder}{zipped}")
    if step is None:
        if not (folder / CONFIG).is_file():
            return folder
        try:
            steps = yaml.safe_load((folder / CONFIG).read_text(encoding="utf-8"))["steps"]
            step = next(iter(steps[-1])) if steps else "translation"
        except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"{folder / CONFIG} is damaged: say with --step which images to take.") from error
    return folder / step_folder(step)


def _check(path: Path, names: tuple[str, ...]) -> int:
    from pipeline.submission import check, expected_files

    with ConsoleProgress() as progress:
        problems = check(path, names, progress)
    for problem in problems:
        print(f"{problem.path or path}: {problem.message}")
    if problems:
        print(f"{path} is not a valid submission: {counted(len(problems), 'problem')}.")
        return 1
    print(
        f"{path} is a valid submission: {counted(len(names), 'input')}, {counted(len(expected_files(names)), 'image')}."
    )
    return 0
