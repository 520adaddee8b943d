"""Tables of model sets and their files, and verification of their hashes."""

import argparse
from importlib.resources import files as package_files

from pipeline.core.errors import MissingWeights
from pipeline.core.weights import ModelSet, expected_path, model_set, model_sets, state, verify, weights_folder


def show(options: argparse.Namespace) -> int:
    """Print all sets, or the files of one; 0."""
    if options.set:
        _show_files(model_set(options.set))
    else:
        _show_sets()
    return 0


def verify_set(options: argparse.Namespace) -> int:
    """Hash every file of a set; 1 when one is wrong, or missing and not optional."""
    from pipeline.core import digests

    models, failures = model_set(options.set), 0
    for role, file in models.files.items():
        if file.optional and state(models, role) == "missing":
            print(f"{role}: not here (optional)")
            continue
        try:
            digest = verify(models, role)
        except MissingWeights as error:
            failures += 1
            print(f"{role}: {error}")
            continue
        known = "as declared"
        if file.sha256 is None and file.path is None:
            known = "as pinned" if digests.noted(expected_path(file)) else "no hash is declared: pinned now"
            digests.note(expected_path(file), digest)
        elif file.sha256 is None:
            known = "part of the package"
        print(f"{role}: {digest} ({known})")
    return 1 if failures else 0


def summary(models: ModelSet) -> str:
    """Installed share of a set's files, such as "3 of 7"."""
    needed = [role for role, file in models.files.items() if not file.optional]
    here = sum(state(models, role) == "here" for role in needed)
    return "all here" if here == len(needed) else f"{here} of {len(needed)}{', gone' if models.instead else ''}"


def _show_sets() -> None:
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(Column("set", no_wrap=True), "what", "elastic", Column("files here", no_wrap=True), box=None)
    for models in model_sets().values():
        elastic = ("yes" if models.elastic else "no") if models.space else "-"
        table.add_row(models.name, models.title, elastic, summary(models))
    console = Console()
    console.print(table)
    console.print(f"\nFiles that are not embedded are looked for in {weights_folder()}", soft_wrap=True)
    console.print("`face-edit models list SET` tells more, `face-edit models fetch SET` gets the files", soft_wrap=True)
    if any(models.instead for models in model_sets().values()):
        hint = "gone: the sources are reported dead; `face-edit models import FILE` takes a copy"
        console.print(hint, soft_wrap=True)


def _show_files(models: ModelSet) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    table = Table("role", Column("file", overflow="fold"), "MB", "licence", Column("state", no_wrap=True), box=None)
    for role, file in models.files.items():
        path = expected_path(file)
        size = path.stat().st_size if path.is_file() else file.bytes
        found = state(models, role)
        shown = "optional" if file.optional and found == "missing" else found
        table.add_row(role, path.name, f"{size / 1e6:.1f}" if size else "-", file.licence, shown)
    console = Console()
    space = f"; space {models.space}, {models.n_style} styles of {models.dim}" if models.space else ""
    console.print(f"{models.title}{space}", soft_wrap=True)
    console.print(table)
    missing = {file.file: file.sources for role, file in models.files.items() if state(models, role) != "here"}
    for name, sources in missing.items():
        console.print(f"\n{name} is published at", *sources, sep="\n  ", soft_wrap=True)
    console.print()
    if models.instead:
        console.print(f"Its sources are reported gone; {models.instead} is the next best set.", soft_wrap=True)
    page = package_files("configs") / "model_sets" / f"{models.name}.md"
    if page.is_file():
        console.print(f"Details: {page}", soft_wrap=True)
