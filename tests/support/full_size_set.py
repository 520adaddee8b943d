"""A model set as large as the published one, its files nested like the published ones, with weights by the recipe.

No published file can be part of the tests; this stands in for them wherever size, layout and memory matter.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torchvision.models import vgg16

from pipeline.core import user_model_sets
from tests.parity.recipe import fill, seeded
from tests.support.model_sets import declaration

NAME = "seeded"
LIKE = "ffhq-stylegan2"
NOT_HERE = ("predictor", "depth-hybrid")


def write_set(folder: Path) -> str:
    """Write the set and its declaration into a weights folder (4.1 GB); its name, for Models and `--models`."""
    import open_clip

    state = seeded("e4e_ffhq")
    mean = state.pop("latent_avg")
    opts = {"encoder_type": "Encoder4Editing", "stylegan_size": 1024, "start_from_latent_avg": True, "device": "cuda:0"}
    torch.save({"state_dict": state, "latent_avg": mean, "opts": opts}, folder / "e4e_ffhq_encode.pt")
    del state
    torch.save(seeded("bisenet_19"), folder / "79999_iter.pth")
    torch.save(seeded("dpt_large"), folder / "dpt_large-midas-2f21e586.pt")
    torch.save({"params_ema": seeded("gfpgan_v1.4")}, folder / "GFPGANv1.4.pth")
    with torch.device("meta"):
        trunk, clip = vgg16(), open_clip.CLIP(**open_clip.get_model_config("ViT-B-32"))
    torch.save(_filled(trunk), folder / "vgg16-397923af.pth")
    save_file(_filled(clip), folder / "clip-vit-b-32-laion2b-s34b-b79k.safetensors")
    declared = declaration(LIKE)
    kept = {role: file for role, file in declared["files"].items() if role not in NOT_HERE}
    user_model_sets.write(folder, {NAME: {**declared, "title": "Weights by name", "space": NAME, "files": kept}})
    return NAME


def _filled(net: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {key: torch.from_numpy(fill(key, tuple(value.shape))) for key, value in net.state_dict().items()}
