"""All errors for users stand in one file, and its drawing shows them."""

import ast
import re
from pathlib import Path

from pipeline.core import errors
from pipeline.core.errors import FaceEditError

ROOT = Path(__file__).parents[3]


def subclasses(kind: type) -> set[type]:
    return {kind}.union(*(subclasses(each) for each in kind.__subclasses__()))


def test_no_error_for_users_is_defined_elsewhere() -> None:
    known = {name for name in dir(errors) if isinstance(getattr(errors, name), type)} - {"object"}
    elsewhere = []
    for package in ("apps", "pipeline", "projection", "postprocess"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                bases = getattr(node, "bases", ()) if isinstance(node, ast.ClassDef) else ()
                names = {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in bases}
                if names & known and path != Path(errors.__file__):
                    elsewhere.append(f"{path}: {node.name}")
    assert not elsewhere


def test_the_drawing_shows_each_error_under_its_parent() -> None:
    parents: dict[int, str] = {0: "FaceEditError"}
    drawn = {"FaceEditError": "Exception"}
    for branch, name in re.findall(r"^([│ ]*)[├└]── (\w+)  +\S", errors.__doc__ or "", re.MULTILINE):
        level = len(branch) // 4 + 1
        parents[level] = name
        drawn[name] = parents[level - 1]
    defined = {kind for kind in subclasses(FaceEditError) if kind.__module__ == errors.__name__}
    assert drawn == {kind.__name__: kind.__base__.__name__ for kind in defined if kind.__base__}
    assert all(kind.__doc__ for kind in defined)
