"""`face-edit directions extract | calibrate | import | list | show`: what they take, and which module does it."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

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


ACTIONS = {
    "extract": "extract",
    "calibrate": "extract",
    "import": "import_vectors",
    "list": "show",
    "show": "show",
}
"""Module of `apps.directions` that does each; its function is called `run_ACTION`."""


def main(argv: list[str]) -> int:
    """Run one of the actions; 0 when it did its work."""
    options = _parser().parse_args(argv)
    module = importlib.import_module(f"apps.directions.{ACTIONS[options.action]}")
    return int(getattr(module, f"run_{options.action}")(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="face-edit directions",
        description="Translations: the moves in latent space that edits are made of.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, what: str, example: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=what, description=what, epilog=f"example: face-edit directions {example}")

    extract = action("extract", "find translations with the set's generator and predictor", "extract --output found")
    extract.add_argument("--names", help="comma-separated, such as Bp_max,Hc_1_fr_0 (default: a complete set)")
    again = action("calibrate", "find the strength of translations again", "calibrate --translations t --output new")
    for sub in (extract, again):
        sub.add_argument(
            "--latents", type=Path, metavar="DIR", help="projected latents of portraits to calibrate on too"
        )
        sub.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="such as n_samples=8000")
        sub.add_argument(
            "--output", type=Path, metavar="STORE", help="where to write (default: kept with a set that brings none)"
        )
        sub.add_argument("--report", type=Path, metavar="JSON", help="also write strength, success and leak to a file")
    taking = action(
        "import",
        "say which space translations and latents of others belong to",
        "import run1 --output store",
    )
    taking.add_argument("vectors", type=Path, help="folder of .npy files, or a file of Anycost GAN's boundaries")
    taking.add_argument("--models", help="model set of that space (default: by the reference pipeline's folder names)")
    taking.add_argument(
        "--output", type=Path, required=True, metavar="STORE", help="where to write; latents into a folder inside"
    )
    listing = action("list", "say which translations there are", "list")
    showing = action("show", "draw a translation at five strengths on four faces", "show Hc_1_fr_0 --output blond.png")
    showing.add_argument("name", help="translation, such as Bp_max")
    showing.add_argument("--output", type=Path, metavar="PNG", help="default: NAME.png")
    showing.add_argument("--seed", type=int, default=0, help="seed of the faces")
    for sub in (again, listing, showing):
        sub.add_argument("--translations", type=Path, metavar="STORE", help="default: those of the model set")
    for sub in (extract, again, listing, showing):
        sub.add_argument("--models", default="demo", help="model set (default: %(default)s)")
        sub.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    return parser
