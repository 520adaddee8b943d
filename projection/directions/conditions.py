"""Attributes that a learned direction should leave alone: which they are, and which way they lie in W."""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.core.attributes import TranslationName, head_slices
from pipeline.core.errors import BadInput
from pipeline.core.names import nearest
from pipeline.core.types import Floats, Image
from projection.attributes.scoring import Samples, bystanders
from projection.directions.calibration import outputs
from projection.directions.sight import Sight
from projection.directions.whitening import Whitening

PER_AXIS = 4
"""Scored samples for each axis of W from which on the predictor's attributes are fixed without being asked for."""
TELLS = 0.95
"""Area under the ROC curve at which an attribute of the predictor counts as the examples' own."""


def own_attribute(sight: Sight, without: Image, having: Image) -> str | None:
    """The attribute of the predictor in which the images of the examples differ, if there is one."""
    if not sight.predictor:
        return None
    from sklearn.metrics import roc_auc_score

    scores = sight.scores(np.concatenate([without, having]))
    truth = np.repeat([False, True], [len(without), len(having)])
    areas = {
        code: max(abs(roc_auc_score(truth, column) - 0.5) + 0.5 for column in scores[:, place].T)
        for code, place in head_slices().items()
    }
    best = max(areas, key=lambda code: areas[code])
    return best if areas[best] >= TELLS else None


def bystanding(name: TranslationName | None, own: str | None) -> Mapping[str, slice]:
    """Outputs of the attributes that should not change, by code: of a translation of the table, or of a free name."""
    if name is not None:
        return bystanders(name)
    return {code: place for code, place in head_slices().items() if code != own}


def fixed(places: Mapping[str, slice], codes: Sequence[str] | None, samples: int, axes: int) -> Mapping[str, slice]:
    """Outputs, of `places`, of the attributes that the direction is conditioned on, by code.

    Args:
        codes: Those asked for; None: all where `PER_AXIS` allows.
        samples: Scored samples of W.
        axes: Axes of W.

    Raises:
        BadInput: An unknown code, or codes without a predictor.
    """
    if codes is None:
        return places if samples >= PER_AXIS * axes else {}
    for code in codes:
        if code not in head_slices():
            raise BadInput(f"There is no attribute {code} to keep fixed{nearest(code, head_slices())}")
    if codes and not places:
        raise BadInput(f"Nothing here predicts {', '.join(codes)}: condition on columns of the scores instead.")
    return {code: place for code, place in places.items() if code in codes}


def normals_of(places: Mapping[str, slice], population: Samples, whitening: Whitening) -> Floats:
    """Normals (r, k) of attributes on whitened samples of W, by ridge regression."""
    white = whitening.white(population.latents)
    if not places:
        return np.zeros((0, white.shape[1]), np.float32)
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=white.shape[1]).fit(white, population.scores[:, outputs(places)])
    return np.atleast_2d(model.coef_).astype(np.float32)
