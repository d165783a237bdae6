"""Which files define the tokenizers and processors of a library's models."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from tiny_models.cli.main import main
from tiny_models.transformers_api.class_files import companion_files
from toolkit.errors import InputError

_TOKENIZERS = """
TOKENIZER_MAPPING_NAMES = OrderedDict[str, str | None](
    [
        ("oak", "OakTokenizer" if is_tokenizers_available() else None),
        ("elm", ("OakTokenizer", "OakTokenizerFast")),
        ("ash-tree", "OakTokenizer"),
        ("fir", "InstalledElsewhere"),
    ]
)
"""
_OTHERS = """
SPECIAL_MODEL_TYPE_TO_MODULE_NAME = OrderedDict([("oak_text", "oak")])
PROCESSOR_MAPPING_NAMES = OrderedDict([("oak", "OakProcessor"), ("yew", "OakProcessor")])
if TYPE_CHECKING:
    IMAGE_PROCESSOR_MAPPING_NAMES: OrderedDict[str, dict[str, str | None]] = OrderedDict()
else:
    MISSING_IMAGE_PROCESSOR_MAPPING_NAMES = OrderedDict(
        [("oak_text", {"pil": "ElmImageProcessorPil", "torchvision": "ElmImageProcessor"})]
    )
    SPECIAL_MODEL_TYPE_TO_MODULE_NAME.update(OrderedDict([("elm_audio", "elm")]))
FEATURE_EXTRACTOR_MAPPING_NAMES = OrderedDict([("elm_audio", "ElmFeatureExtractor")])
MODEL_MAPPING_NAMES = OrderedDict([("oak", "OakTokenizer")])
"""
_FILES = {
    "auto/tokenization_auto.py": _TOKENIZERS,
    "auto/auto_mappings.py": _OTHERS,
    "oak/tokenization_oak.py": "class OakTokenizer:\n    pass\n",
    "oak/processing_oak.py": "class OakProcessor(ProcessorMixin):\n    pass\n",
    "elm/image_processing_elm.py": "class ElmImageProcessor: ...\n",
    "elm/image_processing_pil_elm.py": "class ElmImageProcessorPil: ...\n",
    "elm/feature_extraction_elm.py": "class ElmFeatureExtractor: ...\n",
    "elm/modeling_elm.py": "class InstalledElsewhere: ...\n",
}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in _FILES.items():
        path = tmp_path / "lib/models" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Path("lib/models")


def test_files_of_each_directory(models: Path) -> None:
    tokenizer = "lib/models/oak/tokenization_oak.py"
    assert companion_files(models) == {
        "ash_tree": [tokenizer],
        "elm": ["lib/models/elm/feature_extraction_elm.py", tokenizer],
        "oak": [
            "lib/models/elm/image_processing_elm.py",
            "lib/models/elm/image_processing_pil_elm.py",
            "lib/models/oak/processing_oak.py",
            tokenizer,
        ],
        # It has the processor of oak, and so the tokenizer that belongs to it.
        "yew": ["lib/models/oak/processing_oak.py", tokenizer],
    }


def test_what_is_no_library(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["companions", str(tmp_path)]) == 2
    assert "auto: error: has no tables of the Auto classes\nhint: " in capsys.readouterr().err
    broken = models / "auto/auto_mappings.py"
    broken.write_text("x = (")
    with pytest.raises(InputError, match="not readable as Python") as caught:
        companion_files(models)
    assert caught.value.place == f"{broken}:1:5"
    broken.write_bytes(b"\xff")
    with pytest.raises(InputError, match="is not UTF-8"):
        companion_files(models)


def test_the_installed_release_is_read_as_it_imports(capsys: pytest.CaptureFixture[str]) -> None:
    """Each tokenizer that the Auto classes give a model is in one of its files."""
    from transformers import CONFIG_MAPPING, TOKENIZER_MAPPING
    from transformers.models.auto.configuration_auto import model_type_to_module_name

    spec = find_spec("transformers")
    assert spec is not None and spec.origin is not None
    package = Path(spec.origin).parent
    assert main(["companions", str(package / "models")]) == 0
    companions = json.loads(capsys.readouterr().out)
    seen, missing = 0, []
    for model_type in CONFIG_MAPPING:
        tokenizer = TOKENIZER_MAPPING.get(CONFIG_MAPPING[model_type], None)
        # Two types have one config class, so the library takes the first one's tokenizer.
        if tokenizer is None or model_type == "gpt-sw3":
            continue
        if tokenizer.__module__.startswith("transformers.models."):
            seen += 1
            names = {tokenizer.__name__, f"{tokenizer.__name__}Fast"}
            texts = [
                Path(path).read_text()
                for path in companions.get(model_type_to_module_name(model_type), [])
            ]
            if not any(name in text for name in names for text in texts):
                missing.append(model_type)
    assert seen > 100
    # Converted from a class that is gone.
    assert missing == ["led", "lxmert", "mvp"]
