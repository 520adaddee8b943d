"""The renderer still draws what the embedded weights were trained on."""

import pytest

from pipeline.core.errors import BadInput
from pipeline.core.images import read_image, write_image
from pipeline.training import renderer_probe


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


def test_a_change_of_labels_alone_is_noticed(monkeypatch, tmp_path):
    path = renderer_probe.write_probe(tmp_path / "probe.png")
    from pipeline.world import render as world

    original = world.render

    def relabelled(parameters, size):
        drawn = original(parameters, size)
        return world.Render(drawn.rgb, (drawn.labels + 1).astype("uint8"), drawn.depth)

    monkeypatch.setattr(world, "render", relabelled)
    with pytest.raises(BadInput):
        renderer_probe.check_probe(path)
