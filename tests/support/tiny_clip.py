"""A CLIP net too small to know anything, in open_clip's own layout."""

import json
from pathlib import Path

import pytest
import torch

TINY = "tiny-for-tests"
CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 24, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


def tiny_clip(folder: Path) -> Path:
    """Makes the architecture TINY known to open_clip and writes a file of random weights for it."""
    open_clip = pytest.importorskip("open_clip")
    from safetensors.torch import save_file

    (folder / f"{TINY}.json").write_text(json.dumps(CONFIG))
    open_clip.add_model_config(folder / f"{TINY}.json")
    torch.manual_seed(0)
    path = folder / "clip-tiny.safetensors"
    save_file(open_clip.CLIP(**CONFIG).state_dict(), path)
    return path
