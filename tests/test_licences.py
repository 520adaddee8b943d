"""Every architecture and checkpoint that is supported has its notice, and every notice says what it is for."""

from pathlib import Path

import pytest

from pipeline.core.weights import model_sets

FOLDER = Path(__file__).parents[1] / "third_party_licenses"
# Architectures supported without a declared file: spandrel loads them when a user brings the weights.
THROUGH_SPANDREL = ("GFPGAN", "RestoreFormer", "CodeFormer", "NAFNet", "spandrel")
LIBRARIES = ("timm", "torchvision", "LPIPS", "PyQt6")
LAYOUTS = (
    "anycost-gan",
    "stylegan2-pytorch",
    "NVIDIA-StyleGAN2",
    "encoder4editing",
    "InsightFace_Pytorch",
    "face-parsing.PyTorch",
    "DPT",
)


def _declared() -> list[tuple[str, str, str | None]]:
    return [
        (models.name, role, file.notice)
        for models in model_sets().values()
        for role, file in models.files.items()
        if role not in ("translations", "motions", "beard", "ageing")  # our own data
    ]


@pytest.mark.parametrize(("name", "role", "notice"), _declared())
def test_declared_file_has_a_notice(name: str, role: str, notice: str | None) -> None:
    assert notice is not None, f"{role} of {name} names no notice"
    assert (FOLDER / notice).is_file()


@pytest.mark.parametrize("name", THROUGH_SPANDREL + LIBRARIES + LAYOUTS)
def test_supported_architecture_has_a_notice(name: str) -> None:
    assert (FOLDER / f"{name}.txt").is_file()


@pytest.mark.parametrize("path", sorted(set(FOLDER.glob("*.txt")) - {FOLDER / "Apache-2.0.txt"}), ids=lambda p: p.stem)
def test_notice_names_project_use_and_licence(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == ["Project", "Used here", "Licence"]
    assert sum(map(len, lines[4:])) > 250, "a licence text or an honest summary has to follow"
    if "Apache-2.0" in lines[2]:
        assert (FOLDER / "Apache-2.0.txt").is_file()


def test_non_commercial_licences_are_named_where_the_file_is_declared() -> None:
    for models in model_sets().values():
        for role, file in models.files.items():
            if file.notice and "commercial" in (FOLDER / file.notice).read_text(encoding="utf-8").splitlines()[2]:
                assert "non-commercial" in file.licence, f"{role} of {models.name}"
