"""The layout of the design: few entries on top, a docstring in every module, short files, no printing libraries."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("apps", "pipeline", "projection", "postprocess")
MODULES = [str(path.relative_to(ROOT)) for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
ENTRIES, LINES = 16, 300


@pytest.mark.parametrize("package", ["pipeline", "projection", "postprocess"])
def test_the_top_level_of_a_package_is_seen_at_a_glance(package: str) -> None:
    entries = {path.name for path in (ROOT / package).iterdir() if path.suffix == ".py" or any(path.rglob("*.py"))}
    assert len(entries - {"__init__.py"}) <= ENTRIES


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_holds_in_few_lines(module: str) -> None:
    text = (ROOT / module).read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "no docstring"
    assert len(text.splitlines()) <= LINES
    if not module.startswith(("apps/", "pipeline/training/")):
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert not [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
