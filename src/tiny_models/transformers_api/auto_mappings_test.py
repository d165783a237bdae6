"""Reading the auto mappings without importing transformers."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tiny_models.cli.main import main
from tiny_models.transformers_api import catalogue
from tiny_models.transformers_api.auto_mappings import architectures_in
from toolkit.errors import InputError

_SOURCE = """
MODEL_MAPPING_NAMES = OrderedDict([("llama", "LlamaModel"), ("funnel", ("B", "A"))])
MODEL_FOR_CAUSAL_LM_MAPPING_NAMES = OrderedDict([("llama", "LlamaForCausalLM")])
MODEL_MAPPING = _LazyAutoMapping(CONFIG_MAPPING_NAMES, MODEL_MAPPING_NAMES)
"""


def test_classes_of_all_mappings() -> None:
    assert architectures_in(_SOURCE, "llama", path="x.py") == ["LlamaForCausalLM", "LlamaModel"]
    assert architectures_in(_SOURCE, "funnel", path="x.py") == ["A", "B"]


def test_near_names() -> None:
    with pytest.raises(InputError, match="no model class of `lama`") as caught:
        architectures_in(_SOURCE, "lama", path="x.py")
    assert caught.value.hint == "did you mean `llama`?"


def test_a_file_that_is_no_python() -> None:
    with pytest.raises(InputError, match="not readable as Python") as caught:
        architectures_in("x = (", "llama", path="x.py")
    assert caught.value.place.startswith("x.py:1")


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["architectures", "llama", "--auto-file=nowhere.py"]) == 2
    assert "nowhere.py: error: the file cannot be read" in capsys.readouterr().err


def test_the_installed_release_is_read_as_it_imports(capsys: pytest.CaptureFixture[str]) -> None:
    spec = find_spec("transformers")
    assert spec is not None and spec.origin is not None
    path = Path(spec.origin).parent / "models/auto/modeling_auto.py"
    source = path.read_text(encoding="utf-8")
    for model_type in ("bert", "funnel", "qwen2", "sam2"):
        expected = sorted({e.name for e in catalogue.pairs() if e.model_type == model_type})
        assert architectures_in(source, model_type, path=str(path)) == expected
    assert main(["architectures", "qwen2", f"--auto-file={path}"]) == 0
    assert "Qwen2ForCausalLM" in capsys.readouterr().out.split()
