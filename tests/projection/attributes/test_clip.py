"""Zero-shot scores: against a toy whose words and colours agree, and with a tiny net of open_clip itself."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from pipeline.core.attributes import attributes
from pipeline.core.errors import BadConfig, MissingWeights
from pipeline.core.tensors import CLIP
from projection.attributes.clip import ClipScorer, prompts
from projection.attributes.population import PopulationPredictor
from tests.support.tiny_clip import TINY, tiny_clip

WORDS = {
    "black hair": (0, 0, 0),
    "blond": (1, 1, 0),
    "brown": (0, 1, 0.4),
    "thin lips": (0, 0, 1),
    "big lips": (1, 0, 0),
}


class Colours(torch.nn.Module):
    """Pictures and sentences as colours: a sentence is the colour of a word in it, or grey."""

    logit_scale = torch.tensor(np.log(10.0))

    def encode_image(self, x: torch.Tensor, normalize: bool) -> torch.Tensor:
        mean, std = (torch.tensor(values).view(3, 1, 1) for values in (CLIP.mean, CLIP.std))
        return F.normalize((x * std + mean).mean((2, 3)) - 0.4, dim=1)

    def encode_text(self, tokens: torch.Tensor, normalize: bool) -> torch.Tensor:
        return F.normalize(tokens.float() - 0.4, dim=1)


def tokenize(sentences: list[str]) -> torch.Tensor:
    return torch.tensor(
        [next((colour for word, colour in WORDS.items() if word in text), (0.6, 0.6, 0.6)) for text in sentences]
    )


def test_every_value_has_prompts_and_every_class_a_share() -> None:
    sentences, shares = prompts()
    assert list(sentences) == [name for attribute in attributes().values() for name in attribute.identifiers]
    assert all(text and "{" not in line for text in sentences.values() for line in text)
    assert len({line for text in sentences.values() for line in text}) == sum(map(len, sentences.values()))
    for code, attribute in attributes().items():
        if attribute.n_classes:
            assert sum(shares[code]) == pytest.approx(1)


def test_an_attribute_without_prompts_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for code, kind, changes in (("Bp", "cursor", {"prompts": ()}), ("Hc", "classes", {"share": None})):
        values = {value: replace(each, **changes) for value, each in attributes()[code].values.items()}
        table = {**attributes(), code: replace(attributes()[code], **{kind: values})}
        monkeypatch.setattr("projection.attributes.clip.attributes", lambda table=table: table)
        with pytest.raises(BadConfig, match=f"needs prompts.*{code}_"):
            prompts.__wrapped__()


def test_pictures_are_what_their_words_say() -> None:
    scorer = ClipScorer(Colours(), tokenize, 8, "cpu")
    colours = np.array([[0, 0, 0], [255, 255, 0], [255, 0, 0], [0, 0, 255]], np.uint8)
    found = PopulationPredictor([scorer]).predict(np.broadcast_to(colours[:, None, None], (4, 16, 16, 3)))
    assert list(found["Hc"].argmax(axis=1))[:2] == [0, 1]
    assert found["Bp"][2] > 0 > found["Bp"][3]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return tiny_clip(tmp_path)


def test_a_net_of_open_clip_answers_as_it_does_there(weights: Path) -> None:
    open_clip = pytest.importorskip("open_clip")
    scorer = ClipScorer.open(weights, {"architecture": TINY}, torch.device("cpu"))
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    found = scorer.raw(images)
    mean, std = (torch.tensor(values)[:, None, None] for values in (CLIP.mean, CLIP.std))
    x = (torch.from_numpy(images).permute(0, 3, 1, 2) / 255 - mean) / std
    text = open_clip.get_tokenizer(TINY)(list(prompts()[0]["Se_1"]))
    with torch.no_grad():
        direction = scorer.net.encode_text(text, normalize=True).mean(0)
        expected = (
            scorer.net.logit_scale.exp() * scorer.net.encode_image(x, normalize=True) @ F.normalize(direction, dim=0)
        )
    np.testing.assert_allclose(found["Se"][:, 1], expected, rtol=1e-4)
    assert {code: scores.shape for code, scores in found.items()} == {
        code: (3, attribute.n_classes) if attribute.n_classes else (3,) for code, attribute in attributes().items()
    }


def test_constants_are_open_clips() -> None:
    open_clip = pytest.importorskip("open_clip")
    assert (CLIP.mean, CLIP.std) == (open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD)
    assert open_clip.get_model_config("ViT-B-32")["vision_cfg"]["image_size"] == 224


def test_without_the_package_one_sentence_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(MissingWeights, match="pip install open-clip-torch"):
        ClipScorer.open(tmp_path / "clip.safetensors", {"architecture": TINY}, torch.device("cpu"))


def test_the_declared_net_is_known_to_open_clip() -> None:
    from pipeline.core.weights import model_sets

    open_clip = pytest.importorskip("open_clip")
    declared = [models.files["clip"] for models in model_sets().values() if "clip" in models.files]
    assert declared
    for file in declared:
        assert json.dumps(open_clip.get_model_config(file.config["architecture"]))
