from __future__ import annotations

import json
import os
import pickle
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from gpu_bench.conftest import TINY_CONFIG, tiny_request
from gpu_bench.core.errors import MeasuringFailed, MissingPackage
from gpu_bench.models.architectures import class_for, model_and_config
from gpu_bench.models.checkpoint import check_downloaded
from gpu_bench.models.loading import load, prompts
from toolkit.errors import InputError


def asked(**fields: Any) -> Any:
    return tiny_request(**fields)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Any:
    """A model repository with a tokenizer of bytes that has an end token and no pad token."""
    directory = tmp_path / "checkpoint"
    torch.manual_seed(0)
    config = LlamaConfig(**TINY_CONFIG, eos_token_id=0, pad_token_id=None)
    LlamaForCausalLM(config).save_pretrained(directory)
    letters = pre_tokenizers.ByteLevel.alphabet()
    vocabulary = {"<end>": 0, **{letter: 1 + n for n, letter in enumerate(sorted(letters)[:255])}}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<end>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>").save_pretrained(
        directory
    )
    return str(directory)


def test_a_checkpoint_brings_its_weights_and_its_tokenizer(checkpoint: Any) -> None:
    request = asked(model={"checkpoint": checkpoint}, config=None, sequence_length=300)
    loaded = load(request, "cpu")
    assert loaded.tokenizer.pad_token == "<end>"
    assert loaded.pad_token_id == 0
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {torch.bfloat16}
    rows = prompts(request, loaded)
    assert [len(row) for row in rows] == [300, 300]
    assert rows[0] != rows[1]
    assert loaded.tokenizer.decode(rows[0]).startswith("The harbour town")


def test_a_model_is_loaded_for_inference_with_the_attention_asked_for() -> None:
    for attention in ("eager", "sdpa", "flex_attention"):
        loaded = load(asked(attn_implementation=attention), "cpu")
        assert loaded.model.config._attn_implementation == attention
        assert not loaded.model.training
        assert not any(parameter.requires_grad for parameter in loaded.model.parameters())
        assert not torch.is_grad_enabled()


def test_a_model_without_a_tokenizer_has_seeded_prompts() -> None:
    request = asked(seed=5)
    loaded = load(request, "cpu")
    assert loaded.tokenizer is None
    assert prompts(request, loaded) == prompts(request, loaded)
    assert prompts(request, loaded) != prompts(asked(seed=6), loaded)


@pytest.mark.parametrize(
    ("fields", "message", "hint"),
    [
        ({"model": {"model_type": "qwen22"}}, "no model type qwen22", "qwen2"),
        (
            {"model": {"model_type": "qwen2", "architecture": "Qwen2ForCausalLMs"}},
            "has no class Qwen2ForCausalLMs",
            "Qwen2ForCausalLM",
        ),
        (
            {"model": {"model_type": "qwen2", "architecture": "Qwen2Model"}},
            "Qwen2Model does not generate text",
            "language modelling head",
        ),
        ({"model": {"model_type": "vit"}, "config": None}, "generates text", "architecture"),
        ({"config": {"hidden_size": "wide"}}, "`config` does not suit Qwen2Config", "config.json"),
        ({"num_tokens": 500}, "make 516, more than", "max_position_embeddings"),
        ({"model": {"checkpoint": "none"}, "config": None}, "no config.json", "model repository"),
        ({"model": {"module": "no_such.thing"}}, "there is no module no_such.thing below .", ""),
    ],
)
def test_names_that_do_not_exist_are_refused(fields: Any, message: Any, hint: Any) -> None:
    with pytest.raises(InputError) as caught:
        load(asked(**fields), "cpu")
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.skipif(find_spec("kernels") is not None, reason="the package is there")
def test_missing_kernels_are_named() -> None:
    with pytest.raises(MissingPackage, match="package kernels") as caught:
        load(asked(kernelize=True, device="cuda"), "cpu")
    assert caught.value.exit_code == 3


@pytest.mark.skipif(
    find_spec("kernels") is not None or find_spec("flash_attn") is not None,
    reason="a package is there",
)
def test_missing_flash_attention_is_named() -> None:
    with pytest.raises(MissingPackage, match="flash_attn or kernels"):
        load(asked(device="cuda", attn_implementation="flash_attention_2"), "cpu")


def test_a_model_that_does_not_know_the_attention_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module(tmp_path, monkeypatch, "odd_eager", ONLY_EAGER)
    with pytest.raises(InputError) as caught:
        load(asked(model={"module": "odd_eager"}), "cpu")
    assert "odd_eager does not support `attn_implementation` sdpa" in caught.value.message


ONLY_EAGER = """
from transformers import Qwen2ForCausalLM as Parent
class OddForCausalLM(Parent):
    _supports_sdpa = False
"""


def module(directory: Any, monkeypatch: pytest.MonkeyPatch, name: Any, source: Any) -> None:
    (directory / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(str(directory))


def test_a_module_gives_its_one_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module(tmp_path, monkeypatch, "odd_one", ONLY_EAGER)
    request = asked(model={"module": "odd_one"}, attn_implementation="eager")
    model_class, config = model_and_config(request)
    assert model_class.__name__ == "OddForCausalLM"
    assert config.hidden_size == TINY_CONFIG["hidden_size"]


def test_several_models_of_a_module_need_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = ONLY_EAGER + "class EvenForCausalLM(Parent):\n    pass\n"
    module(tmp_path, monkeypatch, "odd_two", both)
    with pytest.raises(InputError, match="OddForCausalLM, EvenForCausalLM"):
        model_and_config(asked(model={"module": "odd_two"}))
    named = asked(model={"module": "odd_two", "architecture": "EvenForCausalLM"})
    assert model_and_config(named)[0].__name__ == "EvenForCausalLM"


def test_a_module_that_fails_is_located(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module(tmp_path, monkeypatch, "odd_error", "x = 1\nraise RuntimeError('odd')\n")
    with pytest.raises(MeasuringFailed, match="RuntimeError: odd") as caught:
        model_and_config(asked(model={"module": "odd_error"}))
    assert caught.value.place == f"{tmp_path}/odd_error.py:2"


def test_a_missing_import_of_a_module_is_told_from_a_missing_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module(tmp_path, monkeypatch, "odd_import", "import not_installed_anywhere\n")
    with pytest.raises(InputError, match="odd_import imports not_installed_anywhere"):
        model_and_config(asked(model={"module": "odd_import"}))


def test_a_module_in_syntax_of_a_later_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module(tmp_path, monkeypatch, "odd_syntax", "lazy import json\n")
    with pytest.raises(InputError, match=r"a lazy import needs Python 3\.15") as caught:
        model_and_config(asked(model={"module": "odd_syntax"}))
    assert caught.value.place == f"{tmp_path}/odd_syntax.py:1"
    assert '`["CPython>=3.15"]`' in caught.value.hint


def test_the_class_is_the_one_that_generates_text() -> None:
    from transformers import GPT2Config, T5Config

    assert class_for(GPT2Config(), None).__name__ == "GPT2LMHeadModel"
    assert class_for(T5Config(), None).__name__ == "T5ForConditionalGeneration"


def test_the_checkpoints_own_class_is_taken(checkpoint: Any) -> None:
    assert json.loads(Path(checkpoint, "config.json").read_text())["architectures"] == [
        "LlamaForCausalLM"
    ]
    loaded = load(asked(model={"checkpoint": checkpoint}, config=None), "cpu")
    assert type(loaded.model).__name__ == "LlamaForCausalLM"


OWN_TYPE = """
from transformers import Qwen2Config, Qwen2ForCausalLM


class OwnConfig(Qwen2Config):
    model_type = "gpu_bench_own"


class OwnForCausalLM(Qwen2ForCausalLM):
    config_class = OwnConfig
    config: OwnConfig
"""


def test_a_checkpoint_of_a_class_that_transformers_does_not_know(
    checkpoint: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module(tmp_path, monkeypatch, "own_type", OWN_TYPE)
    config = Path(checkpoint, "config.json")
    values = json.loads(config.read_text())
    values |= {"model_type": "gpu_bench_own", "architectures": ["OwnForCausalLM"]}
    config.write_text(json.dumps(values))
    request = asked(model={"module": "own_type", "checkpoint": checkpoint}, config=None)
    assert not request.model.has_random_weights
    loaded = load(request, "cpu")
    assert type(loaded.model).__name__ == "OwnForCausalLM"
    assert loaded.tokenizer is not None


class RunsWhenUnpickled:
    """Leaves a file behind when it is read by `pickle`."""

    def __init__(self, trace: Any) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.trace),)


def test_a_pickle_of_weights_is_never_read(checkpoint: Any, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    content = pickle.dumps(RunsWhenUnpickled(trace))
    directory = Path(checkpoint)
    # Beside weights that can be read nobody looks at it.
    (directory / "pytorch_model.bin").write_bytes(content)
    load(asked(model={"checkpoint": checkpoint}, config=None), "cpu")
    (directory / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"no safetensors.*pytorch_model\.bin") as caught:
        load(asked(model={"checkpoint": checkpoint}, config=None), "cpu")
    assert "safetensors" in caught.value.hint
    assert not trace.exists()


RUNS_WHEN_IMPORTED = """
import os
from transformers import LlamaConfig, LlamaForCausalLM
os.mkdir({!r})
class OwnConfig(LlamaConfig):
    model_type = "own"
class OwnForCausalLM(LlamaForCausalLM):
    config_class = OwnConfig
"""


@pytest.mark.parametrize("known", [True, False])
def test_code_of_a_checkpoint_is_never_run(checkpoint: Any, tmp_path: Path, known: Any) -> None:
    trace = tmp_path / "trace"
    directory = Path(checkpoint)
    (directory / "own.py").write_text(RUNS_WHEN_IMPORTED.format(str(trace)))
    for name in ("config.json", "tokenizer_config.json"):
        values = json.loads((directory / name).read_text())
        values["auto_map"] = {
            "AutoConfig": "own.OwnConfig",
            "AutoModelForCausalLM": "own.OwnForCausalLM",
            "AutoTokenizer": ["own.OwnTokenizer", None],
        }
        if not known and name == "config.json":
            values["model_type"] = "own"
        (directory / name).write_text(json.dumps(values))
    request = asked(model={"checkpoint": checkpoint}, config=None)
    if known:
        # The installed library's class serves; the checkpoint's is left alone.
        assert type(load(request, "cpu").model).__module__.startswith("transformers.")
    else:
        with pytest.raises(InputError, match="code of its own") as caught:
            load(request, "cpu")
        assert "`model.module`" in caught.value.hint
    assert not trace.exists()


def test_links_that_leave_a_checkpoint_are_refused(checkpoint: Any, tmp_path: Path) -> None:
    directory = Path(checkpoint)
    inside, outside = directory / "weights", tmp_path / "elsewhere"
    inside.mkdir()
    (directory / "model.safetensors").rename(inside / "model.safetensors")
    (directory / "model.safetensors").symlink_to("weights/model.safetensors")
    load(asked(model={"checkpoint": checkpoint}, config=None), "cpu")
    inside.rename(outside)
    inside.symlink_to(outside)
    with pytest.raises(InputError, match="leaves the checkpoint's directory") as caught:
        load(asked(model={"checkpoint": checkpoint}, config=None), "cpu")
    assert caught.value.place == str(directory / "model.safetensors")


@pytest.mark.parametrize("place", ["../outside.safetensors", "/etc/hostname", "pytorch_model.bin"])
def test_an_index_that_leaves_the_checkpoint_is_refused(
    checkpoint: Any, tmp_path: Path, place: Any
) -> None:
    directory = Path(checkpoint)
    (directory / "model.safetensors").rename(tmp_path / "outside.safetensors")
    index = directory / "model.safetensors.index.json"
    weights = dict.fromkeys(LlamaForCausalLM(LlamaConfig(**TINY_CONFIG)).state_dict(), place)
    index.write_text(json.dumps({"metadata": {}, "weight_map": weights}))
    with pytest.raises(InputError, match="not a safetensors file beside it") as caught:
        load(asked(model={"checkpoint": checkpoint}, config=None), "cpu")
    assert caught.value.place.startswith(f"{index}:")


@pytest.mark.parametrize("name", ["../outside.safetensors", "adapter_model.bin"])
def test_a_config_that_names_other_weights_is_refused(
    checkpoint: Any, tmp_path: Path, name: str
) -> None:
    directory = Path(checkpoint)
    (tmp_path / "outside.safetensors").write_bytes((directory / "model.safetensors").read_bytes())
    (directory / "adapter_model.bin").write_bytes(b"")
    _change_json(directory / "config.json", transformers_weights=name)
    with pytest.raises(InputError, match="not a safetensors file beside it") as caught:
        load(asked(model={"checkpoint": checkpoint}, config=None), "cpu")
    assert caught.value.place.startswith(f"{directory}/config.json:")


def test_a_config_may_name_weights_beside_it(checkpoint: Any) -> None:
    directory = Path(checkpoint)
    (directory / "model.safetensors").rename(directory / "other.safetensors")
    _change_json(directory / "config.json", transformers_weights="other.safetensors")
    load(asked(model={"checkpoint": checkpoint}, config=None), "cpu")


def _change_json(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_setting_that_names_a_file_outside_is_refused(checkpoint: Any, tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("secret")
    _change_json(Path(checkpoint, "tokenizer_config.json"), vocab_file=str(tmp_path / "vocab.txt"))
    with pytest.raises(InputError, match="`vocab_file` names"):
        load(asked(model={"checkpoint": checkpoint}, config=None), "cpu")


UNPICKLES = """
from pathlib import Path
import torch
from transformers import LlamaForCausalLM
class ReadsMoreForCausalLM(LlamaForCausalLM):
    @classmethod
    def from_pretrained(cls, directory, **options):
        torch.load(Path(directory, "voices.pt"), weights_only=True)
        return super().from_pretrained(directory, **options)
"""


def test_what_a_models_own_code_would_unpickle_is_refused(
    checkpoint: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one model of the library reads its voices."""
    module(tmp_path, monkeypatch, "reads_more", UNPICKLES)
    voices = Path(checkpoint, "voices.pt")
    torch.save({}, voices)
    request = asked(
        model={
            "module": "reads_more",
            "checkpoint": checkpoint,
            "architecture": "ReadsMoreForCausalLM",
        },
        config=None,
    )
    with pytest.raises(InputError, match="would be unpickled") as caught:
        load(request, "cpu")
    assert caught.value.place == str(voices)


def test_a_downloaded_repository_is_looked_at_as_well(tmp_path: Path) -> None:
    files = {"config.json": {"transformers_weights": "x.safetensors.index.json"}}
    files["x.safetensors.index.json"] = {"weight_map": {"x": "weights.bin"}}
    for name, values in files.items():
        (tmp_path / name).write_text(json.dumps(values))

    def fetch(name: str) -> Path | None:
        path = tmp_path / name
        return path if path.exists() else None

    with pytest.raises(InputError, match="not a safetensors file beside it"):
        check_downloaded(fetch)
    (tmp_path / "x.safetensors.index.json").unlink()
    check_downloaded(fetch)
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(InputError, match="an adapter, not a model"):
        check_downloaded(fetch)
