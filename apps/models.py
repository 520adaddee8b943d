"""`face-edit models`: which model sets there are, which files are here, and whether they are what they claim to be."""

import argparse
import sys

from apps.cli import run
from pipeline.core.errors import MissingWeights
from pipeline.core.weights import ModelSet, expected_path, locate, model_set, model_sets, verify, weights_folder


def main(argv: list[str]) -> int:
    """List the sets, or verify one; 0 when all is well, 1 when a file of a verified set is missing or wrong."""
    parser = argparse.ArgumentParser(
        prog="face-edit models",
        description="Model sets: what is declared, what is here, whether it is genuine.",
        epilog="example: face-edit models verify demo",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="all sets, or the files of one", epilog="example: face-edit models list")
    listing.add_argument("set", nargs="?", help="model set whose files to show")
    verifying = actions.add_parser(
        "verify", help="hash and compare every file of a set", epilog="example: face-edit models verify demo"
    )
    verifying.add_argument("set", nargs="?", default="demo", help="model set (default: demo)")
    options = parser.parse_args(argv)
    if options.action == "verify":
        return _verify(model_set(options.set))
    if options.set:
        _list_files(model_set(options.set))
    else:
        _list_sets()
    return 0


def _list_sets() -> None:
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(Column("set", no_wrap=True), "what", "elastic", Column("files here", no_wrap=True), box=None)
    for models in model_sets().values():
        here = sum(_state(models, role) == "here" for role in models.files)
        table.add_row(
            models.name,
            models.title,
            "yes" if models.elastic else "no",
            f"{here} of {len(models.files)}",
        )
    console = Console()
    console.print(table)
    console.print(f"\nFiles that are not embedded are looked for in {weights_folder()}", soft_wrap=True)


def _list_files(models: ModelSet) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    table = Table("role", Column("file", overflow="fold"), "MB", "licence", Column("state", no_wrap=True), box=None)
    for role, file in models.files.items():
        path = expected_path(file)
        size = path.stat().st_size if path.is_file() else file.bytes
        table.add_row(role, path.name, f"{size / 1e6:.1f}" if size else "-", file.licence, _state(models, role))
    console = Console()
    console.print(f"{models.title}; space {models.space}, {models.n_style} styles of {models.dim}")
    console.print(table)
    for role, file in models.files.items():
        if file.sources and _state(models, role) != "here":
            console.print(f"{role}: {file.sources[0]}", soft_wrap=True)


def _verify(models: ModelSet) -> int:
    failures = 0
    for role, file in models.files.items():
        try:
            digest = verify(models, role)
        except MissingWeights as error:
            failures += 1
            print(f"{role}: {error}")
        else:
            known = "as declared" if file.sha256 else "no declared hash to compare"
            print(f"{role}: {digest} ({known})")
    return 1 if failures else 0


def _state(models: ModelSet, role: str) -> str:
    try:
        locate(models, role)
    except MissingWeights:
        return "wrong size" if expected_path(models.files[role]).is_file() else "missing"
    return "here"


if __name__ == "__main__":
    sys.exit(run(main))
