"""Fixtures of models that the library does not know, with what their packages have beside them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tiny_models.cli.main import main
from tiny_models.fixture.locate import find_fixtures
from tiny_models.repository.auto_registration import main_config, model_name
from tiny_models.repository.contents import contents
from tiny_models.runtime.loaded_fixture import LoadedFixture

# In these files, @ and $ stand for the model's name and what its classes begin with. Each test has
# a name of its own, because what is registered with the Auto classes stays. First a model that sees
# and writes.
SEEING = """
from transformers import LlavaConfig, LlavaForConditionalGeneration
from transformers.models.siglip import SiglipVisionConfig, SiglipVisionModel

class $Config(LlavaConfig):
    model_type = "@"

class $ForConditionalGeneration(LlavaForConditionalGeneration):
    config: $Config
    forward = LlavaForConditionalGeneration.forward

__all__ = ["$Config", "$ForConditionalGeneration"]
"""
EXTENDING = """
from transformers import LlavaProcessor

class $Processor(LlavaProcessor):
    pass

__all__ = ["$Processor"]
"""
NAMING = """
from transformers import ProcessorMixin

class $Processor(ProcessorMixin):
    image_processor_class = "SiglipImageProcessor"
    tokenizer_class = "AutoTokenizer"

    def __init__(self, image_processor=None, tokenizer=None, chat_template=None, **kwargs):
        self.image_token = getattr(tokenizer, "image_token", "<picture>")
        super().__init__(image_processor, tokenizer, chat_template=chat_template)

    def replace_image_token(self, image_inputs, image_idx, **kwargs):
        height, width = image_inputs["pixel_values"].shape[-2:]
        return self.image_token * ((height // 8) * (width // 8))

__all__ = ["$Processor"]
"""
LOOKING = """
import torch
from transformers import PreTrainedConfig, PreTrainedModel

class $Config(PreTrainedConfig):
    model_type = "@"
    hidden_size: int = 512

class $Model(PreTrainedModel):
    config: $Config
    main_input_name = "pixel_values"
    input_modalities = ("image",)

    def __init__(self, config):
        super().__init__(config)
        self.proj = torch.nn.Linear(3, config.hidden_size)
        self.post_init()

    def forward(self, pixel_values, **kwargs):
        return self.proj(pixel_values.mean(dim=(2, 3)))

__all__ = ["$Config", "$Model"]
"""
LOOKING_AT = """
from transformers import ViTImageProcessorPil

class $ImageProcessor(ViTImageProcessorPil):
    pass

__all__ = ["$ImageProcessor"]
"""
WITH_PARTS = """
from transformers import AutoConfig, CLIPVisionConfig, LlavaConfig
from transformers.configuration_utils import SubConfigSpec

class $VisionConfig(CLIPVisionConfig):
    model_type = "@_vision"

class $Config(LlavaConfig):
    model_type = "@"
    sub_configs_defaults = {
        "vision_config": SubConfigSpec(config_class=$VisionConfig),
        "text_config": SubConfigSpec(config_class=AutoConfig, model_type="llama"),
    }

__all__ = ["$Config", "$VisionConfig"]
"""
OF_PARTS = """
from transformers import CLIPVisionModel
from .configuration_@ import $VisionConfig

class $VisionModel(CLIPVisionModel):
    config: $VisionConfig
    forward = CLIPVisionModel.forward

__all__ = ["$VisionModel"]
"""
READING = """
from transformers import LlamaConfig, LlamaForCausalLM

class $Config(LlamaConfig):
    model_type = "@"

class $ForCausalLM(LlamaForCausalLM):
    config: $Config
    forward = LlamaForCausalLM.forward

__all__ = ["$Config", "$ForCausalLM"]
"""
SPELLING = """
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import TokenizersBackend

class $Tokenizer(TokenizersBackend):
    model = BPE

    def __init__(self, vocab=None, merges=None, unk_token="<oh>", pad_token="<gap>", **kwargs):
        self._vocab = vocab or {"<oh>": 0, "<gap>": 1}
        self._merges = merges or []
        self._tokenizer = Tokenizer(
            BPE(vocab=self._vocab, merges=self._merges, unk_token=str(unk_token))
        )
        self._tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        self._tokenizer.decoder = decoders.ByteLevel()
        super().__init__(unk_token=unk_token, pad_token=pad_token, **kwargs)

__all__ = ["$Tokenizer"]
"""


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, Any]]:
    """Builds the fixture of a package of files; the exit code, and the fixture as tests have it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def run(name: str, files: dict[str, str], **request: Any) -> tuple[int, Any]:
        package = tmp_path / f"package_{name}"
        package.mkdir(exist_ok=True)
        (package / "__init__.py").touch()
        for kind, text in files.items():
            spelled = text.replace("@", name).replace("$", name.title())
            (package / f"{kind}_{name}.py").write_text(spelled, encoding="utf-8")
        module = f"package_{name}.modeling_{name}"
        entry = {
            "address": f"m:{name}",
            "path": name,
            "source": {"module": module, "root": str(tmp_path)},
            **request,
        }
        path = tmp_path / "request.json"
        path.write_text(json.dumps({"schema": 1, "fixtures": [entry]}), encoding="utf-8")
        output = tmp_path / "out"
        record = tmp_path / "record.json"
        code = main(["build", str(path), "--output", str(output), "--record", str(record)])
        if code != 0:
            return code, None
        (located,) = find_fixtures([output / name])
        return code, LoadedFixture(located, module)

    return run


def picture(width: int, height: int) -> Any:
    from PIL import Image

    return Image.new("RGB", (width, height), (200, 100, 0))


def seeing(name: str) -> dict[str, Any]:
    return {"architectures": [f"{name.title()}ForConditionalGeneration"]}


def see(fixture: LoadedFixture) -> Any:
    """The logits for a picture, of which the text has as many tokens as the model asks for."""
    import torch

    processor = fixture.processor
    parts = [{"type": "image"}, {"type": "text", "text": "hello"}]
    text = processor.apply_chat_template([{"role": "user", "content": parts}])
    inputs = processor(text=[text], images=picture(50, 40), return_tensors="pt")
    assert int((inputs["input_ids"] == fixture.config.image_token_id).sum()) > 1
    with torch.no_grad():
        return fixture.model(**inputs).logits


def test_parts_of_the_processor_that_its_own_extends(build: Any, tmp_path: Path) -> None:
    files = {"modeling": SEEING, "processing": EXTENDING}
    _, fixture = build("extends", files, **seeing("extends"))
    assert type(fixture.processor).__name__ == "ExtendsProcessor"
    assert type(fixture.processor.image_processor).__name__.startswith("LlavaImageProcessor")
    # The text part is Llama's, and the token for an image is in the library's source.
    assert fixture.processor.tokenizer.image_token == "<image>"
    assert see(fixture).shape[-1] == len(fixture.tokenizer)
    fixture.processor.save_pretrained(tmp_path / "again")
    before, after = contents(fixture.path), contents(tmp_path / "again")
    assert after == {name: before[name] for name in after}
    record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    shapes = record["fixtures"]["extends"]["processors"]
    assert shapes["input_ids"][0] == shapes["pixel_values"][0] == 1


def test_an_installed_class_that_the_processor_names(build: Any) -> None:
    parts: dict[str, Any] = {
        "vision_config": {"model_type": "siglip_vision_model", "patch_size": 8}
    }
    files = {"modeling": SEEING, "processing": NAMING}
    _, fixture = build(
        "names", files, **seeing("names"),
        config={**parts, "vision_feature_select_strategy": "full"},
    )  # fmt: skip
    assert type(fixture.processor.image_processor).__name__.startswith("SiglipImageProcessor")
    assert fixture.processor.tokenizer.image_token == "<picture>"
    assert see(fixture).isfinite().all()


def test_without_a_processor_the_part_has_one(
    build: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    text = {"model_type": "gemma2"}
    _, fixture = build(
        "parted", {"modeling": SEEING}, **seeing("parted"), config={"text_config": text}
    )
    printed = capsys.readouterr().err
    assert "m:parted: warning: left out processor: no processor is known for parted" in printed
    assert "hint: let its modular file define one, which is then in processing_parted.py" in printed
    settings = json.loads((fixture.path / "preprocessor_config.json").read_text(encoding="utf-8"))
    assert settings["image_processor_type"].startswith("CLIPImageProcessor")
    # As Gemma writes, because its text part is Gemma's.
    assert type(fixture.tokenizer).__name__ == "GemmaTokenizer"
    assert fixture.tokenizer.eos_token == "<end_of_turn>"
    assert fixture.config.text_config.vocab_size == len(fixture.tokenizer)


def test_settings_of_an_own_processor(build: Any) -> None:
    files = {"modeling": SEEING, "processing": EXTENDING}
    _, fixture = build("chosen", files, **seeing("chosen"), processors={"image_mean": [0, 0, 0.5]})
    assert list(fixture.processor.image_processor.image_mean) == [0, 0, 0.5]


def test_nothing_known_is_reported(build: Any, capsys: pytest.CaptureFixture[str]) -> None:
    code, fixture = build("looks", {"modeling": LOOKING}, architectures=["LooksModel"])
    printed = capsys.readouterr().err
    assert code == 0
    assert "left out image processor: no image processor is known for looks\nhint: " in printed
    assert "AutoImageProcessor.register(LooksConfig, ...)" in printed
    assert "tokenizer.json" not in {path.name for path in fixture.path.iterdir()}
    build("looks", {}, architectures=["LooksModel"], processors=False)
    assert "warning" not in capsys.readouterr().err


def test_a_class_of_another_model_that_is_not_there(
    build: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library maps some types to classes of other models, which a sandbox need not have."""
    from transformers.models.auto.image_processing_auto import IMAGE_PROCESSOR_MAPPING as MAPPING

    backends = {"pil": "AbsentImageProcessorPil", "torchvision": "AbsentImageProcessor"}
    monkeypatch.setitem(MAPPING._reverse_config_mapping, "LackingConfig", "vit")
    monkeypatch.setitem(MAPPING._model_mapping, "vit", backends)
    code, _ = build("lacking", {"modeling": LOOKING}, processors=False)
    assert code == 0
    assert "warning" not in capsys.readouterr().err
    reason = "the image processor of LackingConfig is AbsentImageProcessor"
    code, _ = build("lacking", {})
    assert code == 0
    assert f"warning: left out image processor: {reason}" in capsys.readouterr().err
    code, _ = build("lacking", {}, processors={"size": 3})
    assert code == 2
    captured = capsys.readouterr().err
    assert reason in captured
    assert "dependency of the fixture" in captured


@pytest.mark.parametrize(
    ("name", "files", "processors", "expected"),
    [
        ("wanting", {"modeling": LOOKING}, {"size": 3}, "no image processor is known for wanting"),
        (
            "writing",
            {"modeling": READING},
            {"size": 3},
            "writing has no processors that size can be set of",
        ),
        (
            "erring",
            {"modeling": SEEING, "processing": EXTENDING},
            {"image_maen": 1},
            "unknown field of the processors of erring `image_maen`",
        ),
        (
            "breaking",
            {"modeling": LOOKING, "image_processing": "1 / 0\n"},
            True,
            "package_breaking.image_processing_breaking cannot be imported: ZeroDivisionError",
        ),
        (
            "mistaking",
            {"modeling": LOOKING, "image_processing": "from transformers import NoSuchClass\n"},
            True,
            "cannot be imported: ImportError: cannot import name 'NoSuchClass'",
        ),
        (
            "advanced",
            {"modeling": "lazy import json\n"},
            True,
            "modeling_advanced.py:1: error: package_advanced.modeling_advanced cannot be imported: "
            "a lazy import needs Python 3.15",
        ),
        (
            "unpacking",
            {"modeling": LOOKING, "image_processing": "x = [*a for a in b]\n"},
            True,
            "cannot be imported: unpacking in a comprehension needs Python 3.15",
        ),
    ],
)
def test_what_cannot_be_met(
    build: Any, capsys: pytest.CaptureFixture[str], name: str, files: Any, processors: Any,
    expected: str,
) -> None:  # fmt: skip
    code, _ = build(name, files, processors=processors)
    printed = capsys.readouterr().err
    assert code == 2
    assert expected in printed
    assert "\nhint: " in printed


@pytest.mark.parametrize(
    ("name", "text", "package"),
    [
        ("asking", "raise ImportError('Package `num2words` is required')", "num2words"),
        ("importing", "import no_such_package.inner", "no_such_package"),
    ],
)
def test_a_package_that_is_missing(
    build: Any, capsys: pytest.CaptureFixture[str], name: str, text: str, package: str
) -> None:
    code, _ = build(name, {"modeling": LOOKING, "image_processing": f"{text}\n"})
    printed = capsys.readouterr().err
    assert code == 0
    assert f"package_{name}.image_processing_{name} needs {package}" in printed
    code, _ = build(name, {}, processors={"size": 3})
    assert code == 3
    assert f"needs {package}" in capsys.readouterr().err


def test_another_backend_will_do(build: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _, fixture = build(
        "backed",
        {
            "modeling": LOOKING,
            "image_processing": "import no_such_package\n",
            "image_processing_pil": LOOKING_AT,
        },
    )
    assert "warning" not in capsys.readouterr().err
    assert type(fixture.processor).__name__ == "BackedImageProcessor"


def test_an_own_tokenizer(build: Any, tmp_path: Path) -> None:
    _, fixture = build("spells", {"modeling": READING, "tokenization": SPELLING})
    tokenizer = fixture.tokenizer
    assert type(tokenizer).__name__ == "SpellsTokenizer"
    assert tokenizer.unk_token == "<oh>"
    assert tokenizer.decode(tokenizer("hello, you")["input_ids"]) == "hello, you"
    assert len(tokenizer) == fixture.config.vocab_size
    tokenizer.save_pretrained(tmp_path / "again")
    before, after = contents(fixture.path), contents(tmp_path / "again")
    assert after == {name: before[name] for name in after}


def test_classes_that_cannot_be_made(build: Any, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"modeling": SEEING, "processing": EXTENDING}
    broken = EXTENDING.replace("    pass", "    def save_pretrained(self, path):\n        1 / 0")
    code, fixture = build("failing", {**files, "processing": broken}, **seeing("failing"))
    printed = capsys.readouterr().err
    assert code == 0
    assert "left out processor: FailingProcessor cannot be made: ZeroDivisionError: " in printed
    assert (fixture.path / "preprocessor_config.json").is_file()
    broken = SPELLING.replace("str(unk_token)", "unk_token")
    code, _ = build("failed", {"modeling": READING, "tokenization": broken})
    printed = capsys.readouterr().err
    assert code == 2
    assert "FailedTokenizer cannot be made: TypeError: " in printed
    assert "\nhint: " in printed


def test_a_part_gets_what_prepares_its_inputs(
    build: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"configuration": WITH_PARTS, "modeling": OF_PARTS, "processing": EXTENDING}
    _, fixture = build("whole", {**files, "image_processing": LOOKING_AT})
    assert fixture.architecture == "WholeVisionModel"
    assert "warning" not in capsys.readouterr().err
    names = {path.name for path in fixture.path.iterdir()}
    assert "preprocessor_config.json" in names
    assert not {"processor_config.json", "tokenizer.json"} & names
    assert type(fixture.processor).__name__ == "WholeImageProcessor"


def test_names_of_models() -> None:
    assert model_name("models.quill.modeling_quill") == "quill"
    assert model_name("configuration_my_model") == "my_model"
    assert model_name("package.toy") == "toy"


def test_a_part_is_of_the_whole_models_config() -> None:
    from transformers import CLIPConfig, CLIPVisionConfig

    module = "transformers.models.clip.modeling_clip"
    assert main_config(module, CLIPVisionConfig) is CLIPConfig
    assert "transformers.models.clip.modeling_clip" in sys.modules


def test_another_process_writes_the_same(build: Any, tmp_path: Path) -> None:
    files = {"modeling": SEEING, "processing": EXTENDING}
    _, fixture = build("repeats", files, **seeing("repeats"))
    subprocess.run(
        [sys.executable, "-m", "tiny_models", "build", str(tmp_path / "request.json"), "--quiet",
         "--output", str(tmp_path / "other")],
        check=True,
        stdout=subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    before, after = contents(fixture.path), contents(tmp_path / "other" / "repeats")
    assert {"processor_config.json", "tokenizer.json", "fixture.json"} <= before.keys()
    assert after == before
