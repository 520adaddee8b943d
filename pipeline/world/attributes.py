"""What a person is worth in the terms of configs/attributes.yaml."""

from __future__ import annotations

from pipeline.core.attributes import Attribute, attributes, canonical, parse, visible
from pipeline.world.person import BEARDED, Person

NEAR = 0.4
"""Of a cursor to an end that it need not be moved to."""


def values(person: Person) -> dict[str, float]:
    """True values by code, in the order of the table, of the attributes that people have: class numbers, or cursors in
    -1..1.

    Where one parameter decides the class, it is the one with the nearest number, unless another law stands here.
    """
    found = {code: _value(person, entry) for code, entry in attributes().items() if len(entry.parameters) == 1}
    found["Sk"], found["A"] = _third(person.tone), _third(person.age)
    shade = 0 if person.blond < 0.22 else 2 if person.blond < 0.70 else 1
    found["Hc"] = 4 if person.bald > 0.5 else 3 if person.grey > 0.5 else shade
    found["Sm"] = int(person.smile > 0.4)
    found["Bd"] = int(person.beard > BEARDED)
    return {code: float(found[code]) for code in attributes() if code in found}


def classes(person: Person) -> dict[str, int]:
    """True classes by code, in the order of the table."""
    return {code: int(value) for code, value in values(person).items() if attributes()[code].kind == "class"}


def shows(person: Person, name: str) -> bool:
    """Whether the counterfactual of an identifier or a translation's name can be seen.

    It cannot where people do not have the attribute, where something hides it, or where the person is so already.
    """
    wanted, present = parse(name), values(person)
    attribute, own = attributes()[wanted.code], present.get(wanted.code)
    if own is None or not visible(name, {code: int(value) for code, value in present.items()}):
        return False
    if attribute.kind == "class":
        return own != float(wanted.value) or wanted.source in attribute.sources
    (end,) = canonical(name).values()
    return abs(own - end) > NEAR


def _value(person: Person, attribute: Attribute) -> float:
    (name,) = attribute.parameters
    own = float(getattr(person, name))
    if attribute.kind == "cursor":
        return own
    targets = [value.parameters[name] for value in attribute.values.values()]
    return min(range(len(targets)), key=lambda i: abs(targets[i] - own))


def _third(x: float) -> int:
    return min(int(x * 3), 2)
