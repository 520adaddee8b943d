"""The parameters of people, which need no renderer."""

import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest

from pipeline.core.attributes import attributes, canonical
from pipeline.world.attributes import values
from pipeline.world.person import (
    OWN,
    PASSING,
    TRAITS,
    Look,
    Person,
    counterfactual,
    draw,
    on_another_occasion,
    parameters,
)
from projection.attributes.scoring import TAIL
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


def test_parameters_are_numbers_of_their_own() -> None:
    person = draw(5)
    changed = parameters(replace(person, smile=0.77)) != parameters(person)
    assert changed.sum() == 1
    assert parameters(replace(person, look="wild", seed=6)).tolist() == parameters(person).tolist()


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


@pytest.mark.parametrize("seed", range(5))
def test_a_counterfactual_keeps_all_other_attributes(seed: int) -> None:
    person = draw(seed)
    for code, attribute in attributes().items():
        for name in attribute.identifiers:
            before, after = values(person), values(counterfactual(person, **canonical(name)))
            assert {**before, code: after[code]} == after, name


def test_the_cursors_of_the_population_are_those_of_the_table() -> None:
    drawn = [values(draw(seed)) for seed in range(4000)]
    for code, attribute in attributes().items():
        if attribute.kind == "cursor":
            found = np.percentile([row[code] for row in drawn], [10, 50, 90])
            assert found == pytest.approx([-TAIL, 0.0, TAIL], abs=0.04), code


def test_a_chain_of_counterfactuals_keeps_the_first_picture() -> None:
    person = draw(3)
    twice = counterfactual(counterfactual(person, smile=1.0), tone=0.5)
    assert twice.original is person
    assert isinstance(twice, Person)


def test_parameters_need_no_renderer() -> None:
    code = BLOCK + "from pipeline.world import attributes, person; attributes.values(person.draw(1))"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("look", ["studio", "wild"])
def test_on_another_occasion_a_person_has_their_own_topics_and_all_else_anew(look: Look) -> None:
    person = draw(5, look)
    again = on_another_occasion(person, 77)
    for topic in TRAITS:
        kept = np.array_equal(person.traits(topic), again.traits(topic))
        assert kept == (topic in OWN), topic
    assert again.traits("light").tolist() == draw(77, look).traits("light").tolist()
    assert again == on_another_occasion(person, 77)
    assert again != on_another_occasion(person, 78)


def test_what_passes_changes_mostly_and_what_stays_never() -> None:
    changes = dict.fromkeys(PASSING, 0)
    for seed in range(200):
        person = draw(seed)
        again = on_another_occasion(person, 1000 + seed)
        different = {f.name for f in fields(Person) if getattr(person, f.name) != getattr(again, f.name)}
        assert different <= {*PASSING, "occasion"}
        assert again.female < 0.5 or again.beard == 0
        for name in different & set(PASSING):
            changes[name] += 1
    assert 0.65 < changes["yaw"] / 200 < 0.85
    assert min(changes.values()) > 20
