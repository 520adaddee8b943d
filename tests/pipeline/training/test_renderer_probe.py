"""The renderer still draws what the embedded weights were trained on."""

from dataclasses import replace

import pytest

pytest.importorskip("numba", reason="needs the extra `world`")
pytest.importorskip("embreex", reason="needs the extra `world`")

from pipeline.core.errors import BadInput
from pipeline.core.images import read_image, write_image
from pipeline.training import renderer_probe
from pipeline.world import render as renderer


def test_embedded_weights_belong_to_the_present_renderer():
    assert renderer_probe.check_probe() <= renderer_probe.TOLERANCE


def test_a_probe_matches_what_wrote_it_and_no_other_picture(tmp_path):
    path = renderer_probe.write_probe(tmp_path / "probe.png")
    assert renderer_probe.check_probe(path) == 0
    picture = read_image(path).copy()
    picture[:, :32] = 255 - picture[:, :32]
    write_image(path, picture)
    with pytest.raises(BadInput, match="has changed since"):
        renderer_probe.check_probe(path)


@pytest.mark.parametrize("look", ["studio", "wild"])
def test_a_change_of_labels_alone_and_of_one_look_is_noticed(look, monkeypatch, tmp_path):
    path = renderer_probe.write_probe(tmp_path / "probe.png")
    original = renderer.render

    def relabelled(person, size):
        portrait = original(person, size)
        return replace(portrait, labels=portrait.labels + 1) if person.look == look else portrait

    monkeypatch.setattr(renderer, "render", relabelled)
    with pytest.raises(BadInput):
        renderer_probe.check_probe(path)
