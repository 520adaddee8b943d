"""Whatever a kill leaves of the manifest, only whole portraits count as done."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.batch.manifest import Manifest, Record


def fill(path: Path) -> Manifest:
    manifest = Manifest(path)
    for name in ("anna", "ben", "zoë"):
        manifest.append([Record(name, f"{name}.png", f"key of {name}", 3, f"Hc_{n}", 1.0) for n in range(3)])
    manifest.append([Record("carl", "carl.png", "key of carl", 0, error="it is broken")])
    return manifest


def done(path: Path) -> list[str]:
    manifest = Manifest(path)
    return [name for name in ("anna", "ben", "zoë", "carl") if manifest.finished(name, f"key of {name}")]


def test_finished(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    fill(path)
    assert done(path) == ["anna", "ben", "zoë"]
    assert not Manifest(path).finished("anna", "another key")
    assert not Manifest(path).finished("nobody", "key of nobody")


def test_a_portrait_without_edits_can_be_finished(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path / "manifest.jsonl")
    manifest.append([Record("anna", "anna.png", "key", 0)])
    assert Manifest(tmp_path / "manifest.jsonl").finished("anna", "key")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_torn_anywhere(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "manifest.jsonl"
    path.unlink(missing_ok=True)
    fill(path)
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    lines = whole[:cut].count(b"\n")
    names = ["anna", "ben", "zoë"][: lines // 3]
    assert done(path) == names
    # Tidied up and gone on with, it is as if nothing had happened.
    manifest = Manifest(path)
    manifest.rewrite(names)
    for name in ("anna", "ben", "zoë"):
        if name not in names:
            manifest.append([Record(name, f"{name}.png", f"key of {name}", 3, f"Hc_{n}", 1.0) for n in range(3)])
    assert done(path) == ["anna", "ben", "zoë"]


def test_rewrite_orders_and_drops(tmp_path: Path) -> None:
    path = tmp_path / "manifest.jsonl"
    fill(path).rewrite(["zoë", "anna", "unheard-of"])
    assert list(Manifest(path).by_portrait) == ["zoë", "anna"]
