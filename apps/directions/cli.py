"""`face-edit directions ACTION`: options and dispatch."""

import argparse
import importlib
from pathlib import Path

from apps.console import command_parser
from pipeline.core.own_attributes import ENDS, GROUP

EPILOG = """\
examples:
  face-edit directions extract --models ffhq-stylegan2
  face-edit directions extract --output my_translations
  face-edit directions extract --names Bp_max,Bp_min --latents run1/projected_latents --output lips.safetensors
  face-edit directions learn --with smiling --without serious --name Sm_1 --output smile.safetensors
  face-edit directions learn --scores a.csv --target tan --latents projected_latents --name tan --output tan.safetensors
  face-edit directions calibrate --translations my_translations --output calibrated
  face-edit directions import projection/1000_itr --output seed_vectors
  face-edit directions import vectors_editing --models ffhq-stylegan2 --output e4e_vectors
  face-edit directions audit --translations my_translations --output-dir audit
  face-edit directions list
  face-edit directions show Bp_max --output bp_max.png
  face-edit directions discover --method sefa --layers 0-5 --output found
  face-edit directions name found/03.safetensors "Smile" --parts "upper lip,lower lip,mouth" --output smile.safetensors

A store of translations is a .safetensors file, or a folder of NAME.npy, shape (K, n_style, dim), with a space.json.
"""

MODULES = {
    "extract": "extract",
    "learn": "learn",
    "calibrate": "extract",
    "audit": "audit",
    "import": "import_vectors",
    "list": "show",
    "show": "show",
    "discover": "own",
    "name": "own",
    "export": "import_vectors",
}
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
    learn = add(
        "learn",
        "find one direction from scores, examples or a sentence",
        "learn --with smiling --without serious --name Sm_1 --output smile.safetensors",
    )
    _add_learn(learn)
    calibrate = add("calibrate", "find the strength of translations again", "calibrate --translations t --output new")
    for option in (extract.add_argument, calibrate.add_argument):
        option("--latents", type=Path, metavar="DIR", help="projected latents of portraits to calibrate on too")
        option("--set", action="append", default=[], metavar="KEY=VALUE", help="such as n_samples=8000")
        option(
            "--output", type=Path, metavar="STORE", help="where to write (default: kept with a set that brings none)"
        )
        option("--report", type=Path, metavar="JSON", help="also write strength, success and leak to a file")
    audit = add("audit", "find broken translations", "audit --translations t --output-dir audit")
    audit.add_argument("--output-dir", type=Path, required=True, metavar="DIR", help="for audit.html and audit.json")
    audit.add_argument("--portraits", type=int, default=16, help="of each translation (default: %(default)s)")
    audit.add_argument("--samples", type=int, default=2000, help="drawn to choose them from (default: %(default)s)")
    audit.add_argument("--improve", action="store_true", help="also search for better ones of those that are flagged")
    audit.add_argument("--output", type=Path, metavar="STORE", help="where to write all of them, improved")
    imports = add(
        "import", "say which space translations and latents of others belong to", "import run1 --output store"
    )
    imports.add_argument(
        "vectors",
        type=Path,
        help="folder of .npy files, Anycost GAN's boundaries, or a published file: InterFaceGAN's boundary (.npy), "
        "SeFa's eigenvectors (.npy, factor.pt), GANSpace's components (.npz), StyleCLIP's offset of styles (.npy)",
    )
    imports.add_argument("--models", help="model set of that space (default: by the reference pipeline's folder names)")
    imports.add_argument(
        "--output", type=Path, required=True, metavar="STORE", help="where to write; latents into a folder inside"
    )
    listing = add("list", "say which translations there are", "list")
    showing = add("show", "draw a translation at five strengths on four faces", "show Hc_1_fr_0 --output blond.png")
    showing.add_argument("name", help="translation, such as Bp_max")
    showing.add_argument("--output", type=Path, metavar="PNG", help="default: NAME.png")
    showing.add_argument("--seed", type=int, default=0, help="seed of the faces")
    discovery = add("discover", "find directions without labels", "discover --method sefa --output found")
    discovery.add_argument("--method", choices=("sefa", "ganspace"), required=True, help="SeFa or GANSpace")
    discovery.add_argument("--layers", metavar="LIST", help="styles to move, such as 0-5 or 0-3,8 (default: all)")
    discovery.add_argument("--count", type=int, default=10, help="number of directions (default: %(default)s)")
    discovery.add_argument("--seed", type=int, default=0, help="seed of the samples")
    discovery.add_argument(
        "--output", type=Path, required=True, metavar="FOLDER", help="for 01.safetensors ... and a sheet"
    )
    naming = add(
        "name", "make a named slider of a direction", 'name found/03.safetensors "Big smile" --output smile.safetensors'
    )
    naming.add_argument("direction", type=Path, help="direction file")
    naming.add_argument("title", help="title of the slider")
    naming.add_argument("--group", default=GROUP, help="group of sliders (default: %(default)s)")
    naming.add_argument(
        "--parts", default="", metavar="LIST", help="parts of the face that it may change (default: all)"
    )
    naming.add_argument("--ends", metavar="LOW,HIGH", help=f"titles of its ends (default: {','.join(ENDS)})")
    naming.add_argument("--code", default="", help="short name in edits (default: made of the title)")
    naming.add_argument("--help-text", default="", metavar="TEXT", help="what the slider does")
    naming.add_argument("--licence", default="", metavar="TEXT", help="terms under which the file may be passed on")
    naming.add_argument("--layers", metavar="LIST", help="only these of its layers, such as 0-5 (default: all)")
    naming.add_argument("--output", type=Path, required=True, metavar="FILE", help="NAME.safetensors")
    exporting = add(
        "export", "write directions in a published format", "export smile.safetensors --format sefa --output smile.npy"
    )
    exporting.add_argument("directions", nargs="+", type=Path, metavar="FILE", help="direction files")
    formats = ("interfacegan", "ganspace", "sefa", "styleclip")
    exporting.add_argument("--format", choices=formats, required=True, help="whose format")
    exporting.add_argument("--models", default="demo", help="their model set, for styleclip (default: demo)")
    exporting.add_argument("--output", type=Path, required=True, metavar="FILE", help="NAME.npy, for ganspace NAME.npz")
    for sub in (calibrate, audit, listing, showing):
        sub.add_argument("--translations", type=Path, metavar="STORE", help="default: those of the model set")
    for sub in (extract, learn, calibrate, audit, listing, showing, discovery, naming):
        sub.add_argument("--models", default="demo", help="model set (default: %(default)s)")
        sub.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
    return parser


def _add_learn(learn: argparse.ArgumentParser) -> None:
    scored = learn.add_argument_group("scores of portraits that have latents")
    scored.add_argument("--scores", type=Path, metavar="CSV", help="table with a column `name` and columns of numbers")
    scored.add_argument("--target", metavar="COLUMN", help="column to learn: numbers, or two classes such as 0 and 1")
    scored.add_argument("--latents", type=Path, metavar="DIR", help="their latents, as project-images writes them")
    folders = learn.add_argument_group("examples, from 20 and 20 on: square crops, or latents")
    folders.add_argument("--with", type=Path, dest="present", metavar="DIR", help="folder of those that have it")
    folders.add_argument("--without", type=Path, dest="absent", metavar="DIR", help="folder of those that do not")
    folders.add_argument("--work", type=Path, metavar="DIR", help="latents of the crops (default: beside --output)")
    words = learn.add_argument_group("a sentence, read by CLIP")
    words.add_argument("--sentence", metavar="TEXT", help="such as `a person with freckles`")
    words.add_argument(
        "--against", metavar="TEXT", default="a person", help="what it differs from (default: %(default)s)"
    )
    learn.add_argument(
        "--condition",
        metavar="NAMES",
        help="comma-separated, what stays fixed: attributes such as Gl,Se,A, columns of --scores, `predicted` for all "
        "that the predictor knows but the examples' own, or `none` (default: predicted)",
    )
    learn.add_argument("--name", required=True, help="a translation such as Sm_1 or N_max, or any other name")
    learn.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="such as n_samples=1000")
    learn.add_argument("--output", type=Path, required=True, metavar="STORE", help="a .safetensors file")
