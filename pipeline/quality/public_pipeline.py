"""The public pipeline, timed step by step from a checkout of its code.

The code is run as it is, in a process of its own, since its packages have the names of ours: this module is also the
program of that process. Replaced are only the loading of weights, which are seeded random numbers, and the package
gfpgan, which no longer imports: its net is spandrel's, called as there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pipeline.quality.summary import Table

CODES = ("B", "Be", "Bn", "Bp", "Hc", "Hs", "N")
"""Attributes of the edits: those that all of its steps treat."""


def public_seconds(folder: Path, edits: int = 2) -> dict[str, float]:
    """Processor seconds of each step for one edit at full size, on as many threads as `OMP_NUM_THREADS` says.

    Args:
        folder: Checkout of the public gan-face-editing. Its code is run.
        edits: Edits over which the mean is taken.

    Raises:
        BadInput: `folder` is no such checkout, or its code does not run here.
    """
    from pipeline.core.errors import BadInput

    if not is_pipeline(folder):
        raise BadInput(f"{folder} is no checkout of the public pipeline: it has no pipeline/translate.py.")
    command = [sys.executable, __file__, str(folder), str(edits)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip() or "no message").splitlines()[-1]
        raise BadInput(f"The public pipeline in {folder} does not run here ({reason}): try another version of it.")
    return {name: float(value) for name, value in json.loads(done.stdout.splitlines()[-1]).items()}


def is_pipeline(folder: Path) -> bool:
    """Whether a folder is a checkout of the public pipeline."""
    return (folder / "pipeline" / "translate.py").is_file()


def public_table(seconds: Mapping[str, float]) -> Table:
    """Table of `public_seconds`, with their sum."""
    from pipeline.quality.summary import Table

    total = sum(seconds.values())
    rows = tuple((name, f"{1000 * value:.0f}") for name, value in (*seconds.items(), ("all", total)))
    return Table("The public pipeline", "speed_of_the_public_pipeline", ("step", "processor ms per edit"), rows)


class Restorer:
    """The net of GFPGAN for aligned faces of 512 px, as its package gives it images and takes them."""

    def __init__(self, **_: object) -> None:
        from spandrel.architectures.GFPGAN.__arch.gfpganv1_clean_arch import GFPGANv1Clean

        self.net = GFPGANv1Clean()
        self.net.eval()

    def enhance(self, image: Any, **_: object) -> tuple[None, list[Any], None]:
        """The restored face of a BGR image (512, 512, 3), second of three as in the package."""
        import torch

        with torch.no_grad():
            x = torch.from_numpy(image[:, :, ::-1].astype(np.float32) / 255).permute(2, 0, 1)[None]
            found = self.net((x - 0.5) / 0.5, return_rgb=False)[0][0].clamp(-1, 1)
        pixels = ((found + 1) / 2 * 255).round().permute(1, 2, 0).numpy().astype(np.uint8)
        return None, [np.ascontiguousarray(pixels[:, :, ::-1])], None


def main(folder: Path, edits: int) -> None:
    """Time every step with one edit and with `edits` more: the difference is what an edit takes."""
    import torch

    sys.path[0] = str(folder.resolve())  # instead of the folder of this module
    os.environ["FORCE_NATIVE"] = "1"
    package = ModuleType("gfpgan")
    vars(package)["GFPGANer"] = Restorer
    sys.modules["gfpgan"] = package
    torch.manual_seed(0)
    with redirect_stdout(StringIO()):
        steps = _steps(folder)
        one, more = (_timed(steps, count) for count in (1, 1 + edits))
    sys.stdout.write(json.dumps({name: (more[name] - one[name]) / edits for name in one}) + "\n")


def _steps(folder: Path) -> dict[str, Callable[[Path], object]]:
    """Its steps in the order of its command, with nets opened in advance, each a function of the working folder."""
    import torch.utils.model_zoo

    vars(torch.utils.model_zoo)["load_url"] = lambda *_: {}
    # Modules of the checkout, by name: ours has a package called pipeline too.
    names = ("depth_segmentation", "domain_mixup", "gfp_gan", "segmentation", "translate", "utils.segmentation.tools")
    depth, domain_mixup, gfp_gan, segmentation, translate, tools = (import_module(f"pipeline.{name}") for name in names)
    generator = import_module("anycostgan.models.anycost_gan").Generator(1024, channel_multiplier=2)
    parser, restorer = tools.BiSeNet(n_classes=19).eval(), Restorer()
    estimator = depth.DPTDepthModel(backbone="vitl16_384", non_negative=True).eval()
    vars(translate)["get_pretrained"] = lambda *_: generator
    for module in (gfp_gan, segmentation, tools):
        vars(module)["get_model"] = lambda *_: (parser, torch.device("cpu"))
    vars(depth)["DPTDepthModel"] = lambda **_: estimator
    vars(gfp_gan)["GFPGANer"] = lambda **_: restorer
    every = ["all"]
    translation = {"use_characs_in_img": False, "use_precomputed": False}
    restoration = {"margin": 12, "transformations": every, "upscale": 2}
    domain = {"margin": 42, "recompute_dist": False}
    parsing = {"margin": 21, "foreground_margin": 6, "avoid_transformations": []}
    fading = {"transformations": every, "foreground_coef": 8.0}
    distances = str(folder / "postprocess" / "domain_mixup" / "distances")
    return {
        "translation": lambda work: translate.apply_translations(work, f"{work}/out", "", translation),
        "gfp_gan": lambda work: gfp_gan.gfp_gan_mix(f"{work}/out", f"{work}/out", __file__, restoration),
        "domain_mixup": lambda work: domain_mixup.domain_mix(*_folders(work), distances, "", domain),
        "segmentation": lambda work: segmentation.segmentation_mix(*_folders(work), "", parsing),
        "depth_segmentation": lambda work: depth.depth_estimation_mix(*_folders(work), "", fading),
    }


def _folders(work: Path) -> tuple[str, str, str]:
    """Portraits, edits, and where the edits go: in their place."""
    return f"{work}/data", f"{work}/out", f"{work}/out"


def _timed(steps: dict[str, Callable[[Path], object]], edits: int) -> dict[str, float]:
    """Processor seconds of each step for a portrait of 512 px with a number of edits."""
    import cv2

    random, seconds = np.random.default_rng(0), {}
    with TemporaryDirectory() as name:
        work = Path(name)
        for folder in ("data", "projected_latents", "translations_vect"):
            (work / folder).mkdir()
        smooth = cv2.resize(random.integers(0, 256, (16, 16, 3), np.uint8), (512, 512), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(work / "data" / "anna.png"), smooth)
        np.save(work / "projected_latents" / "anna.npy", random.standard_normal((1, 18, 512)))
        for code in CODES[:edits]:
            np.save(work / "translations_vect" / f"{code}_max.npy", random.standard_normal((1, 18, 512)))
        for step, run in steps.items():
            began = time.process_time()
            run(work)
            seconds[step] = time.process_time() - began
    return seconds


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
