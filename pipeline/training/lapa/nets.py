"""Nets of segmentation-models-pytorch as parsers: images in 0..1 to logits of the classes of LaPa."""

from __future__ import annotations

import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn

from pipeline.core.errors import BadInput
from pipeline.core.names import nearest
from pipeline.core.tensors import IMAGENET
from pipeline.training.lapa.settings import Settings
from postprocess.labels import LAPA


class Parser(nn.Module):
    """RGB (B, 3, H, W) in 0..1 to logits (B, 11, H, W); includes the ImageNet normalisation of the encoder."""

    mean: Tensor
    std: Tensor

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("mean", torch.tensor(IMAGENET.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET.std).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.net((x - self.mean) / self.std)
        return logits


def build(settings: Settings, fresh: bool = True) -> Parser:
    """The net of the settings, all layers trainable; random weights come from the global seed of torch.

    Args:
        settings: Architecture and encoder.
        fresh: Whether to load the encoder weights of the settings; unnecessary before loading a checkpoint.

    Raises:
        BadInput: The encoder is unknown or unsuitable, or its weights cannot be fetched.
    """
    weights = settings.encoder_weights if fresh and settings.encoder_weights != "none" else None
    known = smp.encoders.get_encoder_names()
    if settings.encoder not in known and not settings.encoder.startswith("tu-"):
        hint = nearest(settings.encoder, known, ": see segmentation-models-pytorch for their names.")
        raise BadInput(f"There is no encoder {settings.encoder}{hint}")
    try:
        return Parser(smp.create_model(settings.architecture, settings.encoder, weights, classes=len(LAPA)))
    except Exception as error:  # without a network the hub's clients raise many kinds of errors
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        if weights is None:
            raise BadInput(f"{settings.encoder} cannot be the encoder of {settings.architecture}: {reason}.") from error
        raise BadInput(
            f"The {weights} weights of {settings.encoder} could not be fetched ({reason}): "
            "use --encoder-weights none, or try again with a connection."
        ) from error
