"""Defaults, file and --set are merged in that order, and nothing misspelt passes in silence."""

from pathlib import Path

import pytest
import yaml

from pipeline.config import RunConfig, dump, load_config, step_module, step_names
from pipeline.core.errors import BadConfig

DEFAULT_STEPS = ["carry_over", "domain_mixup", "segmentation", "depth_segmentation", "gfp_gan"]

STEP = """
from pydantic import BaseModel, ConfigDict, Field

OUTPUT_FOLDER = "images_post_tint"

class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    amount: float = Field(0.5, ge=0, le=1, description="How much.")

    def open(self, models, device):
        return lambda frames: frames
"""


@pytest.fixture
def tint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A step of the user's own, in a folder on sys.path."""
    (tmp_path / "tint_for_test.py").write_text(STEP)
    monkeypatch.syspath_prepend(tmp_path)
    return "tint_for_test"


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return path


def test_the_default_runs_all_steps_in_order() -> None:
    config = load_config()
    assert config.models == "demo"
    assert list(config.step_settings()) == DEFAULT_STEPS


def test_file_over_defaults_and_set_over_file(tmp_path: Path) -> None:
    file = _file(tmp_path, "batch: 3\nseed: 4\nprojection: {n_iter: 5}\nsteps: []\n")
    config = load_config(file, ["seed=6"])
    assert (config.batch, config.seed, config.projection.n_iter, config.steps) == (3, 6, 5, ())
    assert config.device == load_config(None, ["steps=[]"]).device


def test_set_reaches_nested_settings_and_steps(tint: str) -> None:
    config = load_config(None, [f"steps=[{tint}]", f"steps.{tint}.amount=0.25", "projection.n_iter=0"])
    assert config.step_settings()[tint].amount == 0.25
    assert config.projection.n_iter == 0


def test_a_step_with_settings_in_the_list(tmp_path: Path, tint: str) -> None:
    config = load_config(_file(tmp_path, f"steps:\n  - {tint}: {{amount: 1.0}}\n"))
    assert config.step_settings()[tint].amount == 1.0
    assert step_module(tint).OUTPUT_FOLDER == "images_post_tint"


@pytest.mark.parametrize("sets", [[], ["projection.n_iter=7", "batch=2"]])
def test_a_dumped_configuration_comes_back(tmp_path: Path, tint: str, sets: list[str]) -> None:
    config = load_config(None, [f"steps=[{tint}]", *sets])
    text = dump(config)
    assert yaml.safe_load(text)["steps"] == [{tint: {"amount": 0.5}}]
    assert load_config(_file(tmp_path, text)) == config


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("bacth=3", "There is no setting bacth: did you mean batch?"),
        ("projection.n_itr=3", "There is no setting projection.n_itr: did you mean n_iter?"),
        ("batch=0", "The setting batch is 0: it must be at least 1."),
        ("batch=many", "The setting batch is 'many'"),
        ("precision=float8", "The setting precision is 'float8'"),
        ("backend=openvin", "it must be 'auto', 'torch', 'openvino' or 'onnxruntime'."),
        ("backend_of.parser=tor", "The setting backend_of.parser is 'tor': it must be 'auto', 'torch'"),
        ("backend_of.parsr=torch", "it must be 'generator', 'encoder', 'predictor', 'identity', 'parser'"),
        ("steps=[segmentatoin]", "There is no step segmentatoin: did you mean segmentation?"),
        ("steps=[os]", "There is no step os"),
        ("steps=[3]", "Each entry of `steps`"),
        ("steps=segmentation", "`steps` must be a list"),
        ("steps.segmentatoin.margin=3", "segmentatoin is not a step of this run: did you mean segmentation?"),
        ("batch", "--set takes KEY=VALUE"),
        ("batch=[", "not valid YAML"),
        ("batch.size=3", "The setting batch"),
    ],
)
def test_a_mistake_is_one_sentence(assignment: str, sentence: str) -> None:
    with pytest.raises(BadConfig) as error:
        load_config(None, [assignment])
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_step_setting_that_does_not_exist(tint: str) -> None:
    with pytest.raises(BadConfig, match=f"There is no setting steps.{tint}.amuont: did you mean amount"):
        load_config(None, [f"steps=[{tint}]", f"steps.{tint}.amuont=1"])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("batch: [", "not valid YAML at line"),
        ("- a\n- b\n", "must hold `key: value` lines"),
        ("!!python/object/apply:os.system ['true']", "not valid YAML"),
        ("steps: segmentation", "`steps` must be a list"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BadConfig) as error:
        load_config(_file(tmp_path, text))
    assert sentence in str(error.value)


def test_a_missing_file() -> None:
    with pytest.raises(BadConfig, match="cannot be read"):
        load_config("nowhere.yaml")


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load_config(_file(tmp_path, "")) == load_config()


def test_steps_are_found_by_their_files() -> None:
    assert set(DEFAULT_STEPS) <= set(step_names())
    assert all(step_module(name).OUTPUT_FOLDER.startswith("images_post_") for name in step_names())


def test_every_setting_has_a_help_text() -> None:
    models = [RunConfig, type(load_config().projection), *(type(s) for s in load_config().step_settings().values())]
    for model in models:
        assert model.model_config.get("extra") == "forbid", model
        assert model.model_config.get("frozen"), model
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__module__}.{name}"
