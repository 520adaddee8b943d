"""Our generator and the public Anycost GAN's code, with the same weights, allocator and latents, timed in turns."""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pipeline.core.allocator import keep_freed_memory
from pipeline.core.backends.compiled import Compiled, psnr
from pipeline.core.errors import BadInput
from pipeline.core.types import BackendName
from pipeline.edit.render import arithmetic
from pipeline.quality.machine import best_of
from pipeline.quality.summary import Table

if TYPE_CHECKING:
    import torch

SIZES = ((1024, 1.0), (512, 0.5), (256, 0.5), (1024, 0.25))
"""Resolution at which the synthesis stops, and share of the channels."""
FULL_SIZE, DIM = 1024, 512
MODULES = ("anycost_gan", "dynamic_channel")
ROUNDS = 5


@dataclass(frozen=True)
class Pair:
    """Shortest times in seconds of both, and the PSNR in dB of their images, at one size.

    The times are processor time, which other programs hardly change, with one thread on a processor; else wall time.
    """

    resolution: int
    ratio: float
    public: float
    ours: float
    psnr: float


def compare(
    folder: Path, device: torch.device, precision: str = "float32", backend: BackendName = "torch"
) -> Iterator[Pair]:
    """Both generators at each of SIZES; theirs always by torch in float32.

    Args:
        folder: Checkout of the Anycost GAN's public code. Its code is run.
        precision: Of ours.
        backend: What runs ours.

    Raises:
        BadConfig: The backend fails or is not exact.
        BadInput: `folder` is no such checkout.
    """
    import torch

    from projection.generator import LatentGenerator
    from projection.nets.generator import Generator, config_f_channels

    keep_freed_memory()
    alone = device.type == "cpu" and torch.get_num_threads() == 1
    best = partial(best_of, device=device, runs=1, clock=time.process_time if alone else time.perf_counter)
    with _public_code(folder, device) as (public, channels), TemporaryDirectory() as exports:
        torch.manual_seed(0)
        theirs = public.Generator(FULL_SIZE, channel_multiplier=2).eval().requires_grad_(False)
        net = Generator(FULL_SIZE, channels=config_f_channels(FULL_SIZE))
        net.load_state_dict(theirs.state_dict())
        ours = LatentGenerator(net, device, "public", elastic=True)
        if backend != "torch":
            ours.forward = Compiled(ours, "generator", "", {}, backend, True, lambda _: None, Path(exports))
        theirs = theirs.to(device)
        latent = torch.randn(1, ours.n_style, DIM).to(device)
        for resolution, ratio in SIZES:
            channels.reset_generator(theirs)
            if ratio < 1:
                channels.set_uniform_channel_ratio(theirs, ratio)

            def run_theirs(resolution: int = resolution) -> torch.Tensor:
                with torch.inference_mode():
                    return theirs(latent, input_is_style=True, randomize_noise=False, target_res=resolution)[0]

            def run_ours(resolution: int = resolution, ratio: float = ratio) -> torch.Tensor:
                with torch.inference_mode(), arithmetic(precision, device):
                    return ours.synthesize(latent, ratio, resolution)

            likeness = psnr(run_ours().float().cpu().numpy(), run_theirs().cpu().numpy())
            turns = [(best(run_theirs), best(run_ours)) for _ in range(ROUNDS)]
            public_seconds, own_seconds = (min(times) for times in zip(*turns, strict=True))
            yield Pair(resolution, ratio, public_seconds, own_seconds, likeness)


def pair_table(pairs: Sequence[Pair], precision: str, backend: str = "torch") -> Table:
    """Table of the comparison."""
    rows = tuple(
        (
            f"{pair.resolution} px, {pair.ratio:.0%} of the channels",
            f"{1000 * pair.public:.0f}",
            f"{1000 * pair.ours:.0f}",
            f"{pair.public / pair.ours:.2f}",
            f"{pair.psnr:.0f}",
        )
        for pair in pairs
    )
    columns = ("generator", "public code, ms", f"ours by {backend} in {precision}, ms", "times faster", "PSNR, dB")
    return Table("Against the public code", "speed_against_public_code", columns, rows)


@contextmanager
def _public_code(folder: Path, device: torch.device) -> Iterator[tuple[Any, Any]]:
    """Modules `models.anycost_gan` and `models.dynamic_channel` of a checkout; it prints while it is imported."""
    if not all((folder / "models" / f"{name}.py").is_file() for name in MODULES):
        raise BadInput(f"{folder} is no checkout of the Anycost GAN's code: it has no models/{MODULES[0]}.py.")
    before, environment = list(sys.path), os.environ.get("FORCE_NATIVE")
    sys.path.insert(0, str(folder.resolve()))
    if device.type == "cpu":
        os.environ["FORCE_NATIVE"] = "1"  # else it compiles CUDA code when it is imported
    try:
        with redirect_stdout(StringIO()):
            generator, channels = (importlib.import_module(f"models.{name}") for name in MODULES)
        yield generator, channels
    finally:
        sys.path[:] = before
        for name in [name for name in sys.modules if name.partition(".")[0] in ("models", "cuda_op")]:
            del sys.modules[name]
        if environment is None:
            os.environ.pop("FORCE_NATIVE", None)
