"""Writes the generated parts of the documentation: `python -m tests.docs`, and with --pictures the pictures as well.

Tables of commands, attributes, settings and weights, and tables of contents, stand between two comments such as
`<!-- help:begin -->` and `<!-- help:end -->`; `tests/test_docs.py` fails where a page and the code disagree.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import BaseModel

ROOT = Path(__file__).parents[1]
FOLDERS = ("apps", "pipeline", "projection", "postprocess", "configs")
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))]
)
PICTURES = ROOT / ".github" / "pictures"
JSON_SCHEMAS = ROOT / "configs" / "enhance"


def slug(heading: str) -> str:
    """Anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def contents(text: str) -> str:
    """Table of contents of a page.

    Args:
        text: the whole page; its fenced code is ignored.

    Returns:
        A Markdown list of links to the headings of level two, for the block `contents`.
    """
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^## (.*)$", prose, re.MULTILINE)
    return "\n".join(f"- [{title}](#{slug(title)})" for title in titles)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def usage() -> str:
    """What `face-edit --help` prints."""
    from apps.cli import usage as text

    return f"```\n$ face-edit --help\n{text()}\n```"


def attribute_table() -> str:
    """Everything that can be edited, from configs/attributes.yaml."""
    from pipeline.core.attributes import attributes

    rows = []
    for code, attribute in attributes().items():
        values = ", ".join(f"`{code}_{value}` {entry.title}" for value, entry in attribute.values.items())
        rows.append([f"`{code}`", attribute.title, values, "yes" if attribute.challenge else "no"])
    return table(["code", "attribute", "translations", "part of the challenge"], rows)


def settings_table() -> str:
    """Every setting with its default, from the models that read them."""
    from pipeline.config import Budget, RunConfig, step_module, step_names
    from projection.inversion.settings import ProjectionSettings, TuningSettings

    def rows(model: type[BaseModel], prefix: str) -> Iterator[list[str]]:
        for name, field in model.model_fields.items():
            if f"{prefix}{name}" not in ("budget", "projection", "projection.tuning", "steps"):
                default = json.dumps(field.get_default(call_default_factory=True))
                yield [f"`{prefix}{name}`", f"`{default}`", field.description or ""]

    lines = [
        *rows(RunConfig, ""),
        *rows(Budget, "budget."),
        *rows(ProjectionSettings, "projection."),
        *rows(TuningSettings, "projection.tuning."),
    ]
    for step in step_names():
        lines += rows(step_module(step).Settings, f"steps.{step}.")
    return table(["key", "default", "meaning"], lines)


def enhance_table() -> str:
    """Every setting of `face-edit enhance` with its default."""
    from pipeline.enhance.schema import Settings

    rows = [
        [f"`{name}`", f"`{json.dumps(field.get_default())}`", field.description or ""]
        for name, field in Settings.model_fields.items()
    ]
    return table(["key", "default", "meaning"], rows)


def part_sizes() -> dict[str, int]:
    """Parameters of each net of the demo set, by role, built as configs/models.yaml declares it."""
    from pipeline.core.weights import model_set
    from postprocess.nets.bisenet import BiSeNet
    from postprocess.nets.dpt import DPT
    from postprocess.nets.identity import IdentityNet
    from postprocess.nets.occlusion import OcclusionNet
    from postprocess.restoration import build_face_restorer, build_restorer
    from projection.attributes.predictor import build_predictor
    from projection.nets.generator import Generator
    from projection.nets.resnet import Encoder

    builders: dict[str, Callable[..., object]] = {
        "generator": Generator,
        "encoder": Encoder,
        "predictor": build_predictor,
        "judge": build_predictor,
        "parser": BiSeNet,
        "depth": DPT,
        "restorer": build_restorer,
        "occluder": OcclusionNet,
        "face_restorer": build_face_restorer,
        "identity": IdentityNet,
    }
    declared = model_set("demo").files
    nets = {
        role: build(**{key: value for key, value in declared[role].config.items() if not key.endswith("_size")})
        for role, build in builders.items()
    }
    return {role: sum(p.numel() for p in net.parameters()) for role, net in nets.items()}  # type: ignore[attr-defined]


def part_table() -> str:
    """Size and input of the parts of the demo set."""
    from pipeline.core.weights import model_set

    files = model_set("demo").files
    rows = []
    for role, count in part_sizes().items():
        size = files[role].config.get("input_size")
        rows.append([role, f"{count / 1e6:.2f} M", f"{size} px" if size else "-", f"`{files[role].path}`"])
    return table(["part", "parameters", "input", "file"], rows)


OF_AN_ATTRIBUTE = re.compile(r"(wild_|generated_|)(accuracy|r)_([A-Z][a-z]?)")
"""Name of a held-out figure of an attribute: pictures, kind, code."""


def held_out_figures() -> dict[str, dict[str, str]] | None:
    """Metadata of the nets of the demo set that carry held-out figures, by role; none while a file is missing."""
    from pipeline.core.errors import MissingWeights
    from pipeline.core.weights import locate, model_set, read_metadata

    demo = model_set("demo")
    try:
        found = {role: read_metadata(locate(demo, role)) for role in demo.files}
    except MissingWeights:
        return None
    return {role: metadata for role, metadata in found.items() if "metrics" in metadata}


def metric_table() -> str | None:
    """Held-out figures of the weights, less those of attributes; none while a file is missing."""
    if (found := held_out_figures()) is None:
        return None
    rows = []
    for role, metadata in found.items():
        figures = json.loads(metadata["metrics"]).items()
        shown = (
            f"{name} {value:g}"
            for name, value in figures
            if not (name.startswith("iou_") or OF_AN_ATTRIBUTE.fullmatch(name))
        )
        rows.append([role, ", ".join(shown) or "below", metadata.get("data", "-"), metadata.get("minutes", "-")])
    return table(["part", "held-out figures", "trained on", "minutes"], rows)


def reading_table() -> str | None:
    """Held-out figures of attributes: share read rightly (%) or correlation, by net and pictures; none as above."""
    from pipeline.core.attributes import attributes

    if (found := held_out_figures()) is None:
        return None
    columns = [(role, prefix) for role in ("predictor", "judge") for prefix in ("", "wild_", "generated_")]
    figures = {role: json.loads(found[role]["metrics"]) for role, _ in columns}

    def cell(code: str, role: str, prefix: str) -> str:
        share, correlation = (figures[role].get(f"{prefix}{kind}_{code}") for kind in ("accuracy", "r"))
        return f"{100 * share:.0f}" if share is not None else "-" if correlation is None else f"{correlation:.2f}"

    head = ["attribute", *(f"{role}, {prefix.strip('_') or 'studio'}" for role, prefix in columns)]
    return table(head, [[entry.title, *(cell(code, *at) for at in columns)] for code, entry in attributes().items()])


def threshold_table() -> str:
    """Quality figures with a threshold, copied from MODEL_CARD.md."""
    figures = block((ROOT / "MODEL_CARD.md").read_text("utf-8"), "quality") or ""
    return figures.partition("### Thresholds\n\n")[2].partition("\n\n")[0]


def file_table(name: str) -> str:
    """The files of a model set, from configs/models.yaml."""
    from pipeline.core.model_sets import packaged_sets

    rows = []
    for role, file in packaged_sets()[name].files.items():
        # A package's own files change their size with every training.
        size = f"{file.bytes / 1e6:.1f} MB" if file.bytes else "small" if file.path else "unknown"
        path = str(file.file or file.path)
        where = (
            ", ".join(
                f"[{i}]({source})" if isinstance(source, str) else f"Python package `{source.requirement}`"
                for i, source in enumerate(file.sources, 1)
            )
            or "embedded"
        )
        rows.append([f"{role}{' (optional)' if file.optional else ''}", f"`{path}`", size, file.licence, where])
    return table(["role", "file", "size", "licence", "sources"], rows)


def set_names() -> list[str]:
    """Names of the project's model sets."""
    from pipeline.core.model_sets import packaged_sets

    return list(packaged_sets())


BLOCKS: dict[str, Callable[[], str | None]] = {
    "help": usage,
    "attributes": attribute_table,
    "settings": settings_table,
    "enhance-settings": enhance_table,
    "parts": part_table,
    "metrics": metric_table,
    "reading": reading_table,
    "thresholds": threshold_table,
    **{f"files-{name}": partial(file_table, name) for name in set_names()},
}


def json_schemas() -> dict[Path, str]:
    """The published JSON Schemas of what `face-edit enhance` reads and answers, from the models."""
    from pipeline.enhance.schema import SCHEMAS

    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {
        JSON_SCHEMAS / f"{name}.schema.json": json.dumps(head | model.model_json_schema(), indent=2) + "\n"
        for name, model in SCHEMAS.items()
    }


def block(text: str, name: str) -> str | None:
    """What stands between the comments `name`:begin and `name`:end of a page, or none when it has no such block."""
    found = re.search(rf"<!-- {name}:begin.*?-->\n(.*?)\n?<!-- {name}:end -->", text, re.DOTALL)
    return found[1] if found else None


def current(text: str) -> str:
    """A page with its generated parts brought up to date.

    Args:
        text: the whole page.

    Returns:
        The page with every block of `BLOCKS` that it has, and its table of contents, written again.
    """
    for key, make in BLOCKS.items():
        if block(text, key) is not None and (content := make()) is not None:
            text = fill(text, key, content)
    return fill(text, "contents", contents(text))


def fill(text: str, name: str, content: str) -> str:
    """The page with another content between the comments."""
    pattern = rf"(<!-- {name}:begin.*?-->\n).*?(<!-- {name}:end -->)"
    return re.sub(pattern, lambda found: f"{found[1]}{content}\n{found[2]}", text, flags=re.DOTALL)


def write_measured(report: Path, page: Path, name: str) -> None:
    """Put the tables of a report of `face-edit bench` into a block of a page.

    Args:
        report: Its title and plots are left out, its headings move one level down.
        name: Of the block.
    """
    lines = report.read_text("utf-8").splitlines()
    kept = [re.sub("^##", "###", line) for line in lines if not line.startswith(("# ", "!["))]
    page.write_text(fill(page.read_text("utf-8"), name, "\n".join(kept).strip()), "utf-8")


def write_edits(folder: Path) -> None:
    """Put the figures of a `bench edits`, how they came about and its plot into apps/bench/EDITS.md."""
    page = ROOT / "apps" / "bench" / "EDITS.md"
    write_measured(folder / "edits.md", page, "edits")
    about = json.loads((folder / "results.json").read_text("utf-8"))["benchmark"]
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    head = (
        f"{about['portraits']} portraits (seeds from {about['first_seed']} on), {about['edits']} edits, model set "
        f"{about['models']}, {about['size']} pixels; {versions}.\n\n"
        "![Target reached against leakage, identity distance, moves of other cursors and distance to the truth]"
        "(../../.github/pictures/edits_by_method.png)\n"
    )
    text = page.read_text("utf-8")
    page.write_text(fill(text, "edits", f"{head}\n{block(text, 'edits')}"), "utf-8")
    (PICTURES / "edits_by_method.png").write_bytes((folder / "methods.png").read_bytes())


def picture_of_a_photo() -> np.ndarray:
    """A photograph of a rendered portrait on a wall, and the same with blond hair and glasses, beside each other.

    Raises MissingWeights where the face detector is not.
    """
    from pipeline.edit.edit_photo import edit_photo
    from pipeline.models import Models
    from pipeline.photo.photo import Photo
    from tests.support.photos import hang, rendered, wall

    before = wall(560, 420)
    hang(before, rendered(8)[7], (330, 215), 270, -14)
    after = edit_photo(Photo("wall", before), {"Hc_1": 1.0, "Gl_1": 1.0}, Models("demo", "cpu"))
    return np.concatenate([before, after.pixels], 1)


def picture_of_restorations() -> np.ndarray:
    """Worn portraits above, and what `face-edit restore` makes of them below, 192 px each."""
    from pipeline.core.images import resize

    pairs = [restored_at(number, (0.7,)) for number in (1, 2, 4, 5, 7)]
    columns = [np.concatenate([resize(picture, 192) for picture in pair]) for pair in pairs]
    return np.concatenate(columns, 1)


def picture_of_fidelities() -> np.ndarray:
    """A worn portrait, and restored with fidelity 0.5, 0.6 ... 1.0, 160 px each."""
    from pipeline.core.images import resize

    pictures = restored_at(4, (0.5, 0.6, 0.7, 0.8, 0.9, 1.0))
    return np.concatenate([resize(picture, 160) for picture in pictures], 1)


def restored_at(number: int, fidelities: Sequence[float]) -> list[np.ndarray]:
    """A worn portrait of 256 px, and restored by the demo set's net at each fidelity."""
    import torch

    from pipeline.restore.job import RestoreJob
    from pipeline.restore.nets import Restorer, open_nets
    from tests.support.photos import rendered, worn

    poor = worn(rendered(number + 1, 256)[number], number)
    job = RestoreJob(ROOT, ROOT, "demo", detector="aligned")
    net = open_nets(job, torch.device("cpu"), None).restorer.net
    return [poor, *(Restorer(net, fidelity).restore([poor])[0] for fidelity in fidelities)]


def picture_of_beauty() -> np.ndarray:
    """Two rendered faces, then each effect of the beautifier by itself at full strength, then the look `strong`."""
    from PIL import Image as pillow
    from PIL import ImageDraw, ImageFont

    from pipeline.beautify import Retoucher, open_parser, settings_of
    from pipeline.world.render import render
    from pipeline.world.samples import samples
    from postprocess.steps.beautify import EFFECTS

    side, label = 144, 16
    parse = open_parser("demo", "cpu")
    looks = {"before": settings_of(None)}
    looks |= {name.replace("_", " "): settings_of(None, {name: 1.0}) for name in EFFECTS}
    looks |= {"strong": settings_of("strong")}
    page = pillow.new("RGB", (len(looks) * side, 2 * side + label), "white")
    draw = ImageDraw.Draw(page)
    people = [samples()[number].person for number in (1, 4)]
    faces = [render(replace(person, smile=0.8), 512).rgb for person in people]
    for column, (name, settings) in enumerate(looks.items()):
        draw.text((column * side + 3, 1), name, fill="black", font=ImageFont.load_default(12))
        for row, whole in enumerate(faces):
            face = Retoucher(settings, parse).crop(whole)[0][130:430, 106:406]
            shown = pillow.fromarray(face).resize((side, side), pillow.Resampling.LANCZOS)
            page.paste(shown, (column * side, label + row * side))
    return np.asarray(page)


def picture_of_an_enhancement() -> np.ndarray:
    """A blurred portrait with a hand before it, the mask, and the portrait enhanced, beside each other, 256 px each."""
    import cv2

    from pipeline.core.crop import FFHQ_512
    from pipeline.enhance.inference import Nets, infer
    from pipeline.enhance.postprocess import postprocess
    from pipeline.enhance.schema import Blending
    from pipeline.training.synthetic_occlusions import obstruct
    from tests.support.photos import rendered

    portrait = cv2.GaussianBlur(rendered(8, 256)[7], (0, 0), 1.5)
    before, _ = obstruct(portrait, np.random.default_rng(9), most=1)
    faces = infer(before, [FFHQ_512 * 256], Nets(), Blending())
    after, mask = postprocess(before, [(face.image, face.mask, face.matrix) for face in faces], 0.8)
    grey = np.repeat(np.rint(mask * 255).astype(np.uint8)[:, :, None], 3, axis=2)
    return np.concatenate([before, grey, after], 1)


def main() -> None:
    """Rewrite the pages, and the pictures when asked to."""
    parser = argparse.ArgumentParser(description="Write the generated parts of the documentation.")
    parser.add_argument("--pictures", action="store_true", help="also draw the pictures of rendered portraits")
    parser.add_argument("--quality", type=Path, metavar="FILE", help="quality.md of a `bench quality`")
    parser.add_argument("--edits", type=Path, metavar="DIR", help="output folder of a `bench edits`")
    options = parser.parse_args()
    if options.quality is not None:
        write_measured(options.quality, ROOT / "MODEL_CARD.md", "quality")
    if options.edits is not None:
        write_edits(options.edits)
    for name in PAGES:
        (ROOT / name).write_text(current((ROOT / name).read_text("utf-8")), "utf-8")
    for path, content in json_schemas().items():
        path.write_text(content, "utf-8")
    if options.pictures:
        from pipeline.core.errors import MissingWeights
        from pipeline.core.images import write_image
        from tests import people_pictures

        write_image(PICTURES / "enhance.jpg", picture_of_an_enhancement())
        write_image(PICTURES / "beauty.jpg", picture_of_beauty())
        write_image(PICTURES / "restored.jpg", picture_of_restorations())
        write_image(PICTURES / "fidelities.jpg", picture_of_fidelities())
        people_pictures.write(PICTURES)
        from tests.photograph_pictures import edited_photograph, picture_of_a_photograph

        write_image(PICTURES / "photograph_edited.jpg", edited_photograph())
        try:
            write_image(PICTURES / "photo.jpg", picture_of_a_photo())
            write_image(PICTURES / "photograph.jpg", picture_of_a_photograph())
        except MissingWeights as error:
            print(f"photo.jpg and photograph.jpg stay as they are: {error}")


if __name__ == "__main__":
    main()
