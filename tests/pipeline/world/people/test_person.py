"""The parameters of people, which need no renderer."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.attributes import attributes, canonical
from pipeline.world.people.attributes import values
from pipeline.world.people.person import Look, Person, counterfactual, draw, vector
from tests.support.no_renderer import BLOCK


@pytest.mark.parametrize("look", ["studio", "wild"])
def test_streams_depend_on_seed_and_topic_alone(look: Look) -> None:
    person = draw(5, look)
    changed = replace(person, smile=1.0, tone=0.9)
    assert person.stream("skin").random() == changed.stream("skin").random()
    assert person.stream("skin").random() != person.stream("light").random()
    assert person.stream("skin").random() != draw(6, look).stream("skin").random()
    alike = np.array_equal(person.stream("skin").random(99), draw(6, look).stream("skin").random(99))
    assert alike == (look == "studio")


def test_the_vector_holds_parameters_and_traits() -> None:
    person, other = draw(5), draw(6)
    assert vector(person).shape == vector(other).shape
    assert (vector(person)[24:] != vector(other)[24:]).mean() > 0.99
    changed = vector(replace(person, smile=0.77)) != vector(person)
    assert changed.sum() == 1
    assert vector(replace(person, look="wild")).tolist() == vector(person).tolist()


def test_looks_differ_in_how_far_people_turn() -> None:
    studio, wild = ([draw(seed, look) for seed in range(200)] for look in ("studio", "wild"))  # type: ignore[arg-type]
    assert max(abs(person.yaw) for person in studio) <= 20
    assert 40 < max(abs(person.yaw) for person in wild) <= 60
    assert max(abs(person.pitch) for person in wild) <= 30


def test_every_class_of_every_attribute_is_drawn() -> None:
    drawn = [values(draw(seed)) for seed in range(400)]
    for code, attribute in attributes().items():
        found = np.array([row[code] for row in drawn])
        if attribute.kind == "class":
            assert set(found) == set(map(float, attribute.classes))
        else:
            assert found.min() < -0.6
            assert found.max() > 0.6


def test_a_counterfactual_has_the_value_that_was_asked_for() -> None:
    person = draw(31)
    for code, attribute in attributes().items():
        for name in attribute.values:
            edited = counterfactual(person, **canonical(f"{code}_{name}"))
            assert edited.original == person
            wanted = {"min": -0.9, "max": 0.9}.get(name) if attribute.kind == "cursor" else float(name)
            assert values(edited)[code] == wanted


def test_a_chain_of_counterfactuals_keeps_the_first_picture() -> None:
    person = draw(3)
    twice = counterfactual(counterfactual(person, smile=1.0), tone=0.5)
    assert twice.original is person
    assert isinstance(twice, Person)


def test_parameters_need_no_renderer() -> None:
    code = BLOCK + "from pipeline.world.people import attributes, person; attributes.values(person.draw(1))"
    subprocess.run([sys.executable, "-c", code], check=True)
