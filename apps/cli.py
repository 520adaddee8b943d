"""`face-edit`: dispatch to the module of a command, without heavy imports before the command is known.

Each module in `COMMANDS` has `main(argv) -> int`. Errors that a user can act on become one line on stderr, exit code 1.
"""

import importlib
import sys
from collections.abc import Sequence

from apps.console import run
from pipeline.core.allocator import keep_freed_memory
from pipeline.core.names import nearest
from pipeline.core.version import package_version

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("apps.demo", "edit sample portraits with the embedded models and show the result"),
    "run-pipeline": ("apps.run_pipeline", "edit a folder of portraits: project, translate, blend"),
    "align": ("apps.align", "find faces in photographs and cut them out"),
    "paste-back": ("apps.paste_back", "put edited crops back into their photographs"),
    "restore": ("apps.restore", "restore the faces of old and small photographs"),
    "beautify": ("apps.beautify", "retouch the faces of photographs"),
    "project-images": ("apps.project_images", "find the latents of a folder of aligned portraits"),
    "enhance": ("apps.enhance.cli", "restore faces with ONNX nets, asked for in JSON or over HTTP"),
    "editor": ("apps.editor", "edit portraits with sliders in a window"),
    "submission": ("apps.submission", "build or check a challenge zip"),
    "directions": ("apps.directions.cli", "find, learn, audit and show translations"),
    "models": ("apps.models.cli", "list, fetch, verify, import and remove model sets"),
    "train": ("apps.train.cli", "train a generator on your images or the embedded models, render people"),
    "bench": ("apps.bench.cli", "measure quality against ground truth"),
    "doctor": ("apps.doctor", "tell what works on this machine"),
}
USAGE = """\
usage: face-edit COMMAND [OPTION ...]

Edit faces in the latent space of a GAN: one attribute changes, everything else stays.

commands:
{commands}

`face-edit COMMAND --help` shows options and an example, `face-edit --version` the version."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the first argument names; returns its exit code."""
    return run(_dispatch, argv)


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if arguments[0] in ("-V", "--version"):
        print(f"face-edit {package_version()}")
        return 0
    name = arguments[0].replace("_", "-")
    if name not in COMMANDS:
        hint = nearest(name, COMMANDS, ": `face-edit --help` lists the commands.")
        print(f"face-edit: there is no command {name}{hint}", file=sys.stderr)
        return 2
    keep_freed_memory()
    return int(importlib.import_module(COMMANDS[name][0]).main(arguments[1:]))


def usage() -> str:
    """Text of `face-edit --help`."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {summary}" for name, (_, summary) in COMMANDS.items()]
    return USAGE.format(commands="\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
