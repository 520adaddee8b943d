"""`face-edit models list | fetch | verify | import | remove`: options and dispatch."""

import argparse
import importlib
from pathlib import Path

from apps.console import command_parser

EPILOG = """\
examples:
  face-edit models fetch ffhq-stylegan2
  face-edit models fetch restorers codeformer --accept-licence
  face-edit models import ~/Downloads/e4e_ffhq_encode.pt
  face-edit models import network-snapshot.pkl --name mygan --like ffhq-stylegan2

FACE_EDIT_WEIGHTS names another folder for weights, FACE_EDIT_OFFLINE=1 forbids to look for them on the network, and
HTTPS_PROXY and NO_PROXY are honoured.
"""


def main(argv: list[str]) -> int:
    """Run an action; 1 when a file of a verified set is missing or wrong, else 0."""
    options = _parser().parse_args(argv)
    module, function = options.action
    return int(getattr(importlib.import_module(f"apps.models.{module}"), function)(options))


def _parser() -> argparse.ArgumentParser:
    about = "Model sets: what is declared, what is here, whether it is genuine, and how to get it."
    parser = command_parser("models", about, EPILOG)
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def action(name: str, function: tuple[str, str], text: str, example: str) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, help=text, description=text, epilog=f"example: face-edit models {example}")
        sub.set_defaults(action=function)
        return sub

    listing = action("list", ("show", "show"), "all sets, or the files of one", "list ffhq-stylegan2")
    listing.add_argument("set", nargs="?", help="model set whose files to show")
    fetching = action("fetch", ("fetch", "fetch_set"), "download the files of a set", "fetch ffhq-stylegan2")
    fetching.add_argument("set", help="model set")
    fetching.add_argument("role", nargs="*", help="only these files (default: all that are not optional)")
    verifying = action("verify", ("show", "verify_set"), "hash and compare every file of a set", "verify demo")
    verifying.add_argument("set", nargs="?", default="demo", help="model set (default: %(default)s)")
    importing = action(
        "import",
        ("fetch", "import_files"),
        "take over files you have: declared ones, or a generator of your own (.pkl of stylegan2-ada, .pt)",
        "import generator.pkl --name mygan --like ffhq-stylegan2",
    )
    importing.add_argument("file", nargs="+", type=Path, help="file, which is only read")
    importing.add_argument("--name", help="name of the set to make of a generator of your own")
    importing.add_argument("--like", metavar="SET", help="set whose other files go with it (default: ffhq-stylegan2)")
    removing = action("remove", ("fetch", "remove_set"), "delete the downloaded files of a set", "remove ffhq-anycost")
    removing.add_argument("set", help="model set")
    for sub in (fetching, importing):
        sub.add_argument(
            "--accept-licence", action="store_true", help="I know the licences that forbid commercial use (for scripts)"
        )
    return parser
