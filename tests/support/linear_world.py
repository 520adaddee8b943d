"""A linear world whose true directions are known: the stand-in for generator, renderer and predictor.

Latents are w = mixing @ factors with an anisotropic, skewed mixing: a factor that is an attribute moves w along its own
column of the mixing, while the normal of a boundary points somewhere else. "Images" are the factors themselves.
"""

import numpy as np
import torch

from pipeline.core.attributes import attributes

FACTORS = ("tone", "age", "female", "bangs", "blond", "grey", "bald", "chin", "curl", "smile", "glasses", "beard")
CURSORS = tuple(code for code, attribute in attributes().items() if attribute.kind == "cursor")
NAMES = (*FACTORS, *CURSORS)
DIM = 40


def _soft(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-8 * x))


def _two(x: np.ndarray, threshold: float) -> np.ndarray:
    p = _soft(x - threshold)
    return np.stack([1 - p, p], 1)


def _scale(x: np.ndarray, low: float, high: float) -> np.ndarray:
    below, above = 1 - _soft(x - low), _soft(x - high)
    return np.stack([below, 1 - below - above, above], 1)


class ToyGenerator:
    """Generator stand-in; in its population grey hair comes with age, which no direction may pick up."""

    space, n_style, dim, elastic, resolution = "toy", 3, DIM, True, 256

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        rotation = np.linalg.qr(rng.standard_normal((DIM, DIM)))[0]
        # Half a rotation, half a shear: columns that are neither orthogonal nor of one length.
        self.mixing = rotation * np.geomspace(3, 0.3, DIM) @ (np.eye(DIM) + 0.3 * rng.standard_normal((DIM, DIM)))
        self.back = np.linalg.inv(self.mixing)
        self.rendered = 0

    def map(self, z: torch.Tensor) -> torch.Tensor:
        factors = z.numpy().astype(np.float64)
        factors[:, NAMES.index("grey")] = 0.8 * factors[:, NAMES.index("grey")] + 0.6 * factors[:, NAMES.index("age")]
        return torch.from_numpy((factors @ self.mixing.T).astype(np.float32))

    def render(self, latents: np.ndarray, *, size: int | None = None, resolution: int | None = None) -> np.ndarray:
        assert latents.shape[1:] == (self.n_style, self.dim)
        self.rendered += len(latents)
        return latents.mean(1) @ self.back.T

    def truth(self, name: str) -> np.ndarray:
        """How w moves when only the named factor grows."""
        return self.mixing[:, NAMES.index(name)]


class ToyPredictor:
    """Predictor stand-in: soft classes of the factors, cursors with standard deviation 0.5."""

    input_size = 128

    def predict(self, factors: np.ndarray) -> dict[str, np.ndarray]:
        f = {name: factors[:, i] for i, name in enumerate(NAMES)}
        bald, grey = _soft(f["bald"] - 1.2), _soft(f["grey"] - 0.8)
        colour = _scale(f["blond"], -0.7, 0.5)
        hair = np.stack([colour[:, 0], colour[:, 2], colour[:, 1]], 1) * ((1 - grey) * (1 - bald))[:, None]
        hair = np.concatenate([hair, (grey * (1 - bald))[:, None], bald[:, None]], 1)
        return {
            "Sk": _scale(f["tone"], -0.43, 0.43),
            "A": _scale(f["age"], -0.43, 0.43),
            "Se": _two(f["female"], 0),
            "B": _two(f["bangs"], 0.4),
            "Hc": hair,
            "D": _two(f["chin"], 0.6),
            "Hs": _two(f["curl"], 0.4),
            "Sm": _two(f["smile"], 0.1),
            "Gl": _two(f["glasses"], 0.8),
            "Bd": _two(f["beard"], 0.3),
            **{code: 0.5 * f[code] for code in CURSORS},
        }


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a.ravel() @ b.ravel() / (np.linalg.norm(a) * np.linalg.norm(b)))
