"""Attribute scores of CLIP (Radford et al., ICML 2021), by the prompts of each value in configs/attributes.yaml."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.core.attributes import attributes
from pipeline.core.batch_sizes import SMALL_IMAGES
from pipeline.core.checkpoints import load_state
from pipeline.core.errors import BadConfig, MissingWeights
from pipeline.core.tensors import CLIP, batches
from pipeline.core.types import Floats

TEMPLATES = ("a photo of {}.", "a portrait photo of {}.", "a close-up photo of the face of {}.")


@cache
def prompts() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[float, ...]]]:
    """Sentences by identifier ("Hc_0", "Bp_max"), and the shares of a class's values by code.

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
    """CLIP net that compares images with the prompts of each value.

    Args:
        net: As open_clip's: `encode_image` and `encode_text`, both with `normalize`, and `logit_scale`.
        tokenize: Sentences -> tokens (B, context).
        input_size: Side of the images in pixels.
    """

    name = "CLIP"

    def __init__(
        self, net: Any, tokenize: Callable[[list[str]], Tensor], input_size: int, device: torch.device | str
    ) -> None:
        self.net, self.tokenize = net.to(device).eval().requires_grad_(False), tokenize
        self.input_size, self.device = input_size, torch.device(device)
        sentences, shares = prompts()
        self.shares: Mapping[str, Sequence[float]] = shares
        with torch.inference_mode():
            self.texts = {name: self._text(tokenize(list(text))) for name, text in sentences.items()}

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> Self:
        """From a file; `config` holds open_clip's architecture name. Raises MissingWeights without the package."""
        try:
            import open_clip
        except ImportError as error:
            raise MissingWeights(
                "The CLIP predictor needs a package that is missing: run `pip install open-clip-torch`."
            ) from error
        name = str(config["architecture"])
        net = open_clip.CLIP(**open_clip.get_model_config(name))
        net.load_state_dict(load_state(path))
        return cls(net, open_clip.get_tokenizer(name), net.visual.image_size[0], device)

    @property
    def codes(self) -> Sequence[str]:
        """All attributes of the table."""
        return tuple(attributes())

    def embed(self, images: Any) -> Tensor:
        """Embeddings (B, dim) of length 1 of uint8 images (B, H, W, 3)."""
        with torch.inference_mode():
            inputs = batches(images, self.input_size, self.device, CLIP, SMALL_IMAGES)
            return torch.cat([self.net.encode_image(x, normalize=True) for x in inputs]).float()

    def raw(self, images: Any) -> dict[str, Floats]:
        """Zero-shot logits (B, K) of a class, difference (B,) of the logits of a cursor's ends, by code."""
        scaled = self.net.logit_scale.exp() * self.embed(images)
        logits = {name: (scaled @ text).cpu().numpy() for name, text in self.texts.items()}
        return {
            code: logits[f"{code}_max"] - logits[f"{code}_min"]
            if attribute.kind == "cursor"
            else np.stack([logits[name] for name in attribute.identifiers], axis=1)
            for code, attribute in attributes().items()
        }

    def difference(self, images: Any, sentence: str, against: str) -> Floats:
        """Difference (B,) of the logits of two sentences, such as "a person with freckles" and "a person"."""
        with torch.inference_mode():
            one, other = (
                self._text(self.tokenize([form.format(text) for form in TEMPLATES])) for text in (sentence, against)
            )
        found: Floats = (self.net.logit_scale.exp() * self.embed(images) @ (one - other)).cpu().numpy()
        return found

    def _text(self, tokens: Tensor) -> Tensor:
        """Mean embedding of the sentences, of length 1."""
        return F.normalize(self.net.encode_text(tokens.to(self.device), normalize=True).float().mean(0), dim=0)
