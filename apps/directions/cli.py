"""`face-edit directions extract | calibrate | import | list | show`: options and dispatch."""

import argparse
import importlib
from pathlib import Path

from apps.console import command_parser

EPILOG = """\
examples:
  face-edit directions extract --models ffhq-stylegan2
  face-edit directions extract --output my_translations
  face-edit directions extract --names Bp_max,Bp_min --latents run1/projected_latents --output lips.safetensors
  face-edit directions calibrate --translations my_translations --output calibrated
  face-edit directions import projection/1000_itr --output seed_vectors
  face-edit directions import vectors_editing --models ffhq-stylegan2 --output e4e_vectors
  face-edit directions list
  face-edit directions show Bp_max --output bp_max.png

A store of translations is a .safetensors file, or a folder of NAME.npy, shape (K, n_style, dim), with a space.json.
"""

MODULES = {"extract": "extract", "calibrate": "extract", "import": "import_vectors", "list": "show", "show": "show"}
"""Module of `apps.directions` of each action; its function is `run_ACTION`."""


def main(argv: list[str]) -> int:
    """Run an action; returns its exit code."""
    options = _parser().parse_args(argv)
    module = importlib.import_module(f"apps.directions.{MODULES[options.action]}")
    return int(getattr(module, f"run_{options.action}")(options))


def _parser() -> argparse.ArgumentParser:
    parser = command_parser("directions", "Translations: the moves in latent space that edits are made of.", EPILOG)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def add(name: str, text: str, example: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text, epilog=f"example: face-edit directions {example}")

    extract = add("extract", "find translations with the set's generator and predictor", "extract --output found")
    extract.add_argument("--names", help="comma-separated, such as Bp_max,Hc_1_fr_0 (default: a complete set)")
    calibrate = add("calibrate", "find the strength of translations again", "calibrate --translations t --output new")
    for option in (extract.add_argument, calibrate.add_argument):
        option("--latents", type=Path, metavar="DIR", help="projected latents of portraits to calibrate on too")
        option("--set", action="append", default=[], metavar="KEY=VALUE", help="such as n_samples=8000")
        option(
            "--output", type=Path, metavar="STORE", help="where to write (default: kept with a set that brings none)"
        )
        option("--report", type=Path, metavar="JSON", help="also write strength, success and leak to a file")
    imports = add(
        "import", "say which space translations and latents of others belong to", "import run1 --output store"
    )
    imports.add_argument("vectors", type=Path, help="folder of .npy files, or a file of Anycost GAN's boundaries")
    imports.add_argument("--models", help="model set of that space (default: by the reference pipeline's folder names)")
    imports.add_argument(
        "--output", type=Path, required=True, metavar="STORE", help="where to write; latents into a folder inside"
    )
    listing = add("list", "say which translations there are", "list")
    showing = add("show", "draw a translation at five strengths on four faces", "show Hc_1_fr_0 --output blond.png")
    showing.add_argument("name", help="translation, such as Bp_max")
    showing.add_argument("--output", type=Path, metavar="PNG", help="default: NAME.png")
    showing.add_argument("--seed", type=int, default=0, help="seed of the faces")
    for sub in (calibrate, listing, showing):
        sub.add_argument("--translations", type=Path, metavar="STORE", help="default: those of the model set")
    for sub in (extract, calibrate, listing, showing):
        sub.add_argument("--models", default="demo", help="model set (default: %(default)s)")
        sub.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    return parser
