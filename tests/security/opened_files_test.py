"""What loading a checkpoint opens, as the kernel records it, with everything beside it that lures.

The lures are harmless: what counts is that nobody opens them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    AutoModel,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from tests.security.opened_files import opened_below
from toolkit.checkpoint import check_directory, no_unpickling
from toolkit.errors import InputError

_CONFIG = {
    "vocab_size": 64,
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "max_position_embeddings": 64,
}
_LURES = (
    "adapter_model.bin",
    "model.ckpt.index",
    "optimizer.pt",
    "pytorch_model.bin",
    "spk_dict.pt",
    "tf_model.h5",
    "training_args.bin",
    "modeling_own.py",
)
_READ = (".json", ".jinja", ".model", ".safetensors", ".txt")


def _benchmark(directory: Path) -> None:
    from gpu_bench.models.loading import load
    from gpu_bench.request.reader import parse_request

    request = {
        "schema": 1,
        "address": "lib:bench",
        "model": {"checkpoint": str(directory)},
        "device": "cpu",
        "batch_size": 1,
        "sequence_length": 8,
        "num_tokens": 4,
    }
    load(parse_request(json.dumps(request)), "cpu")


def _embedding(directory: Path) -> None:
    """As `parent_finder` loads a model, whose own module is not in the environment of torch."""
    check_directory(directory)
    with no_unpickling():
        AutoTokenizer.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
        AutoModel.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False, use_safetensors=True
        )


_LOADERS = [_benchmark, _embedding]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a checkpoint, and one beside it with what it must not reach."""
    root = tmp_path_factory.mktemp("checkpoints")
    model = root / "model"
    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(**_CONFIG)).save_pretrained(model)
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "a": 1}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<unk>", model_max_length=64
    )
    fast.save_pretrained(model)
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    shutil.copytree(made, tmp_path / "root")
    outside = tmp_path / "root" / "outside"
    outside.mkdir()
    weights = (tmp_path / "root" / "model" / "model.safetensors").read_bytes()
    (outside / "model.safetensors").write_bytes(weights)
    (outside / "vocab.txt").write_text("outside")
    (outside / "config.json").write_text("{}")
    for name in _LURES:
        (tmp_path / "root" / "model" / name).write_bytes(b"")
    return tmp_path / "root"


def _change(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize("load", _LOADERS)
def test_loading_opens_settings_vocabularies_and_safetensors_alone(
    root: Path, load: Callable[[Path], None]
) -> None:
    with opened_below([root]) as opened:
        load(root / "model")
    assert root / "model" / "model.safetensors" in opened
    assert root / "model" / "tokenizer.json" in opened
    assert {path.suffix for path in opened} <= set(_READ)
    assert not {path.name for path in opened} & set(_LURES)
    assert not [path for path in opened if path.parent == root / "outside"]


def _index(path: Path, name: str) -> None:
    path.write_text(json.dumps({"metadata": {}, "weight_map": {"lm_head.weight": name}}))


def _named_by_the_config(model: Path) -> None:
    _change(model / "config.json", transformers_weights="../outside/model.safetensors")


def _pickle_named_by_the_config(model: Path) -> None:
    _change(model / "config.json", transformers_weights="adapter_model.bin")


def _index_named_by_the_config(model: Path) -> None:
    _index(model / "x.safetensors.index.json", "../outside/model.safetensors")
    _change(model / "config.json", transformers_weights="x.safetensors.index.json")


def _pickle_named_by_the_index(model: Path) -> None:
    (model / "model.safetensors").unlink()
    _index(model / "model.safetensors.index.json", "pytorch_model.bin")


def _named_by_the_tokenizer(model: Path) -> None:
    _change(model / "tokenizer_config.json", vocab_file="../outside/vocab.txt")


def _named_by_the_generation_config(model: Path) -> None:
    _change(model / "generation_config.json", any_file=str(model.parent / "outside/vocab.txt"))


def _named_as_a_backbone(model: Path) -> None:
    outside = str(model.parent / "outside")
    _change(model / "config.json", backbone=outside, use_pretrained_backbone=True)


def _named_by_the_quantisation(model: Path) -> None:
    _change(model / "config.json", quantization_config={"any": "../outside/model.safetensors"})


def _linked(model: Path) -> None:
    (model / "model.safetensors").unlink()
    (model / "model.safetensors").symlink_to(model.parent / "outside" / "model.safetensors")


_WAYS_OUT = [
    _named_by_the_config,
    _pickle_named_by_the_config,
    _index_named_by_the_config,
    _pickle_named_by_the_index,
    _named_by_the_tokenizer,
    _named_by_the_generation_config,
    _named_as_a_backbone,
    _named_by_the_quantisation,
    _linked,
]


@pytest.mark.parametrize("load", _LOADERS)
@pytest.mark.parametrize("way", _WAYS_OUT)
def test_what_leads_out_is_refused_and_not_opened(
    root: Path, load: Callable[[Path], None], way: Callable[[Path], None]
) -> None:
    way(root / "model")
    refusal = "not a safetensors file beside it|is not in the directory|leaves the checkpoint"
    with opened_below([root]) as opened, pytest.raises(InputError, match=refusal):
        load(root / "model")
    assert not [path for path in opened if path.parent == root / "outside"]
    assert not {path.name for path in opened} & set(_LURES)
