"""The public pipeline is timed in a process of its own, and what is no checkout of it is refused."""

from pathlib import Path

import pytest

from pipeline.core.errors import BadInput
from pipeline.quality.public_pipeline import public_seconds, public_table

TRANSLATE = """
from pathlib import Path

def apply_translations(work, out, name, configs):
    from anycostgan.models.anycost_gan import Generator
    assert isinstance(get_pretrained("generator", name), Generator)
    for translation in Path(work, "translations_vect").iterdir():
        sum(i * i for i in range(400_000))
        Path(out).mkdir(exist_ok=True)
        Path(out, translation.stem + ".png").touch()
"""
MIX = """
from pathlib import Path

def {name}(*arguments):
    assert len(list(Path(arguments[0]).iterdir()))
"""
FUNCTIONS = {
    "depth_segmentation": "depth_estimation_mix",
    "domain_mixup": "domain_mix",
    "gfp_gan": "gfp_gan_mix",
    "segmentation": "segmentation_mix",
}
STEPS = ["translation", "gfp_gan", "domain_mixup", "segmentation", "depth_segmentation"]
NET = "import torch\nclass {name}(torch.nn.Module):\n    def __init__(self, *_, **__): super().__init__()\n"


def checkout(folder: Path) -> Path:
    """A folder laid out as the public code, with steps that do next to nothing; only the first takes time."""
    files = {f"pipeline/{module}.py": MIX.format(name=name) for module, name in FUNCTIONS.items()}
    files["pipeline/translate.py"] = TRANSLATE
    files["pipeline/utils/segmentation/tools.py"] = NET.format(name="BiSeNet")
    files["pipeline/depth_segmentation.py"] += NET.format(name="DPTDepthModel")
    files["anycostgan/models/anycost_gan.py"] = NET.format(name="Generator")
    for package in ("pipeline", "pipeline/utils", "pipeline/utils/segmentation", "anycostgan", "anycostgan/models"):
        files[f"{package}/__init__.py"] = ""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.full  # it builds a net as large as GFPGAN
def test_its_steps_are_timed_one_by_one(tmp_path: Path) -> None:
    seconds = public_seconds(checkout(tmp_path), 3)
    assert list(seconds) == STEPS
    assert seconds["translation"] == max(seconds.values()) > 0
    table = public_table({"translation": 2.0, "gfp_gan": 0.5})
    assert table.rows == (("translation", "2000"), ("gfp_gan", "500"), ("all", "2500"))


def test_code_that_does_not_run_is_an_error_with_its_reason(tmp_path: Path) -> None:
    (checkout(tmp_path) / "pipeline" / "domain_mixup.py").write_text("raise ImportError('no such thing')")
    with pytest.raises(BadInput, match=r"does not run here \(ImportError: no such thing\)"):
        public_seconds(tmp_path)


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no checkout of the public pipeline: it has no pipeline/translate\.py"):
        public_seconds(tmp_path)
