"""What a person is worth in the terms of configs/attributes.yaml."""

from __future__ import annotations

from pipeline.core.attributes import Attribute, attributes
from pipeline.world.people.person import Person


def values(person: Person) -> dict[str, float]:
    """True values by code, in the order of the table: class numbers, or cursors in -1..1.

    Where one parameter decides the class, it is the one with the nearest number, unless another law stands here.
    """
    found = {code: _value(person, entry) for code, entry in attributes().items() if len(entry.parameters) == 1}
    found["Sk"], found["A"] = _third(person.tone), _third(person.age)
    shade = 0 if person.blond < 0.22 else 2 if person.blond < 0.70 else 1
    found["Hc"] = 4 if person.bald > 0.5 else 3 if person.grey > 0.5 else shade
    found["Sm"] = int(person.smile > 0.4)
    found["Bd"] = int(person.beard > 0.3)
    return {code: float(found[code]) for code in attributes()}


def _value(person: Person, attribute: Attribute) -> float:
    (name,) = attribute.parameters
    own = float(getattr(person, name))
    if attribute.kind == "cursor":
        return own
    targets = [value.parameters[name] for value in attribute.values.values()]
    return min(range(len(targets)), key=lambda i: abs(targets[i] - own))


def _third(x: float) -> int:
    return min(int(x * 3), 2)
