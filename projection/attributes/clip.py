"""Attributes read with CLIP (Radford et al., ICML 2021), by the prompts of each value in configs/attributes.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.core.attributes import attributes
from pipeline.core.checkpoints import load_state
from pipeline.core.errors import BadConfig, MissingWeights
from pipeline.core.tensors import CLIP, batches
from pipeline.core.types import Floats

BATCH = 32
TEMPLATES = ("a photo of {}.", "a portrait photo of {}.", "a close-up photo of the face of {}.")


@cache
def prompts() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[float, ...]]]:
    """Sentences by identifier ("Hc_0", "Bp_max"), and by code the shares of a class's values.

    Raises:
        BadConfig: A value of the table has no prompts, or a class no share.
    """
    sentences: dict[str, tuple[str, ...]] = {}
    shares: dict[str, tuple[float, ...]] = {}
    for code, attribute in attributes().items():
        entries = attribute.values.values()
        known = tuple(entry.share for entry in entries if entry.share is not None)
        if not all(entry.prompts for entry in entries) or len(known) != attribute.n_classes:
            raise BadConfig(
                f"configs/attributes.yaml needs prompts for {', '.join(attribute.identifiers)}, and shares for classes."
            )
        for name, entry in zip(attribute.identifiers, entries, strict=True):
            sentences[name] = tuple(form.format(words) for form in TEMPLATES for words in entry.prompts)
        if known:
            shares[code] = known
    return sentences, shares


class ClipScorer:
    """A CLIP net that compares pictures with the prompts of every value.

    net: with `encode_image` and `encode_text`, both with `normalize`, and `logit_scale`, as open_clip's
    tokenize: sentences -> tokens (B, context)
    """

    name = "CLIP"

    def __init__(
        self, net: Any, tokenize: Callable[[list[str]], Tensor], input_size: int, device: torch.device | str
    ) -> None:
        self.net = net.to(device).eval().requires_grad_(False)
        self.input_size, self.device = input_size, torch.device(device)
        sentences, shares = prompts()
        self.shares: Mapping[str, Sequence[float]] = shares
        with torch.inference_mode():
            self.texts = {name: self._text(tokenize(list(text))) for name, text in sentences.items()}

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> ClipScorer:
        """From a file; `config` names the architecture as open_clip does. MissingWeights without that package."""
        try:
            import open_clip
        except ImportError as error:
            raise MissingWeights(
                "Attributes are read with CLIP here, and its package is missing: run `pip install open-clip-torch`."
            ) from error
        name = str(config["architecture"])
        net = open_clip.CLIP(**open_clip.get_model_config(name))
        net.load_state_dict(load_state(path))
        return cls(net, open_clip.get_tokenizer(name), net.visual.image_size[0], device)

    @property
    def codes(self) -> Sequence[str]:
        """Every attribute of the table."""
        return tuple(attributes())

    def embed(self, images: Any) -> Tensor:
        """Unit rows (B, dim) of uint8 pictures (B, H, W, 3)."""
        with torch.inference_mode():
            pictures = batches(images, self.input_size, self.device, CLIP, BATCH)
            parts = [self.net.encode_image(x, normalize=True) for x in pictures]
        return torch.cat(parts).float()

    def raw(self, images: Any) -> dict[str, Floats]:
        """By code: zero-shot logits (B, K) of a class; of a cursor, how much nearer (B,) its upper end is."""
        pictures = self.embed(images)
        scale = self.net.logit_scale.exp()
        logits = {name: (scale * pictures @ text).cpu().numpy() for name, text in self.texts.items()}
        return {
            code: logits[f"{code}_max"] - logits[f"{code}_min"]
            if attribute.kind == "cursor"
            else np.stack([logits[name] for name in attribute.identifiers], axis=1)
            for code, attribute in attributes().items()
        }

    def _text(self, tokens: Tensor) -> Tensor:
        """Mean of the sentences' embeddings, of length 1."""
        return F.normalize(self.net.encode_text(tokens.to(self.device), normalize=True).float().mean(0), dim=0)
