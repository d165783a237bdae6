"""The files and fields that text-generation servers read, for the variant made for them.

This is a checklist of files: no such server was run, and none of their kernels. Each test says
what a server does with what it looks at.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from jinja2.sandbox import ImmutableSandboxedEnvironment
from safetensors import safe_open
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.reference_case.conversations import GREETING, QUESTION

NAME = "tiny-random/qwen2-gpu-server"


@pytest.fixture(scope="module", autouse=True)
def not_run_against_a_server() -> None:
    warnings.warn(f"{NAME}: files checked, not run against a text-generation server", stacklevel=1)


@pytest.fixture(scope="module")
def directory(tiny_fixture: Any) -> Path:
    return tiny_fixture(NAME).path


def read(directory: Path, name: str) -> Any:
    return json.loads((directory / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def config(directory: Path) -> dict[str, Any]:
    return read(directory, "config.json")


@pytest.fixture(scope="module")
def header(directory: Path) -> dict[str, tuple[str, list[int]]]:
    """The type and shape of each tensor, of all weight files."""
    found: dict[str, tuple[str, list[int]]] = {}
    for path in sorted(directory.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118
                assert name not in found
                part = file.get_slice(name)
                found[name] = (part.get_dtype(), part.get_shape())
    return found


def test_the_class_is_one_that_servers_implement(config: dict[str, Any], directory: Path) -> None:
    """Servers choose their own implementation by the name of the class, and run no code of ours."""
    assert config["architectures"] == ["Qwen2ForCausalLM"]
    assert config["model_type"] == "qwen2"
    assert "auto_map" not in config
    assert list(directory.glob("*.py")) == []


def test_heads_are_of_a_size_that_kernels_exist_for(config: dict[str, Any]) -> None:
    """Attention kernels are compiled for some head sizes; grouped queries share whole heads."""
    heads = config["num_attention_heads"]
    assert config["hidden_size"] == 128
    assert config["hidden_size"] % heads == 0
    assert config.get("head_dim", config["hidden_size"] // heads) == 64
    assert heads % config["num_key_value_heads"] == 0
    assert heads > config["num_key_value_heads"]


def test_widths_fill_whole_tiles(config: dict[str, Any]) -> None:
    """Matrix kernels, quantized ones most of all, take blocks of 64 or 128."""
    assert config["hidden_size"] % 128 == 0
    assert config["intermediate_size"] % 128 == 0
    assert config["vocab_size"] % 64 == 0
    # The fused gate is written for this one.
    assert config["hidden_act"] == "silu"


def test_weights_are_bfloat16(config: dict[str, Any], header: dict[str, Any]) -> None:
    """The type that the config names decides what a server computes in."""
    assert config["dtype"] == "bfloat16"
    assert {dtype for dtype, _ in header.values()} == {"BF16"}


def test_positions(config: dict[str, Any], directory: Path) -> None:
    """The longest context is read from the config, and filled in blocks of the cache."""
    assert config["max_position_embeddings"] == 2048
    assert config["max_position_embeddings"] % 256 == 0
    limit = read(directory, "tokenizer_config.json")["model_max_length"]
    assert limit == config["max_position_embeddings"]
    assert not config["use_sliding_window"]
    assert config["sliding_window"] is None
    # As in Qwen2.5's checkpoints. Servers that read configs of transformers 4 need it beside, too.
    assert config["rope_parameters"] == {"rope_type": "default", "rope_theta": 1_000_000.0}


def test_token_ids_are_in_range_and_agree(config: dict[str, Any], directory: Path) -> None:
    """Generation stops at the end token of the generation config, or else of the config."""
    generation = read(directory, "generation_config.json")
    names = read(directory, "tokenizer_config.json")
    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    for key in ("eos", "pad"):
        expected = tokenizer.token_to_id(names[f"{key}_token"])
        assert 0 <= expected < config["vocab_size"]
        assert config[f"{key}_token_id"] == expected
        assert generation[f"{key}_token_id"] == expected
    assert config["eos_token_id"] != config["pad_token_id"]
    # Qwen2 begins with no token of its own.
    assert config["bos_token_id"] is None
    assert names["bos_token"] is None
    assert tokenizer.get_vocab_size(with_added_tokens=True) <= config["vocab_size"]


def test_tokenizer_needs_no_python(directory: Path) -> None:
    """Routers that are not written in Python tokenize with `tokenizer.json` alone."""
    alone = Tokenizer.from_file(str(directory / "tokenizer.json"))
    tokenizer = AutoTokenizer.from_pretrained(NAME)
    assert tokenizer.is_fast
    for text in ("hello", "<|im_start|>user\nüñí<|im_end|>\n", " two  spaces", "🙂"):
        ids = alone.encode(text).ids
        assert ids == tokenizer(text)["input_ids"]
        assert alone.decode(ids, skip_special_tokens=False) == text
    assert alone.encode("<|im_end|>").ids == [tokenizer.eos_token_id]


def test_chat_template_is_plain_jinja(directory: Path) -> None:
    """Servers render it themselves, without the extensions of transformers."""
    text = (directory / "chat_template.jinja").read_text(encoding="utf-8")
    template = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(text)
    tokenizer = AutoTokenizer.from_pretrained(NAME)
    for conversation in (QUESTION, GREETING):
        for add_generation_prompt in (False, True):
            options = {"add_generation_prompt": add_generation_prompt}
            assert template.render(
                messages=conversation, **options
            ) == tokenizer.apply_chat_template(conversation, tokenize=False, **options)


def test_tensors_have_the_names_and_shapes_that_loaders_expect(
    config: dict[str, Any], header: dict[str, Any]
) -> None:
    """Loaders fuse q, k and v, and gate and up, by these names."""
    hidden, inner, vocabulary = (
        config[key] for key in ("hidden_size", "intermediate_size", "vocab_size")
    )
    key_values = 64 * config["num_key_value_heads"]
    expected = {
        "model.embed_tokens.weight": [vocabulary, hidden],
        "model.norm.weight": [hidden],
    }
    for number in range(config["num_hidden_layers"]):
        layer = f"model.layers.{number}"
        expected |= {
            f"{layer}.input_layernorm.weight": [hidden],
            f"{layer}.post_attention_layernorm.weight": [hidden],
            f"{layer}.self_attn.q_proj.weight": [hidden, hidden],
            f"{layer}.self_attn.q_proj.bias": [hidden],
            f"{layer}.self_attn.k_proj.weight": [key_values, hidden],
            f"{layer}.self_attn.k_proj.bias": [key_values],
            f"{layer}.self_attn.v_proj.weight": [key_values, hidden],
            f"{layer}.self_attn.v_proj.bias": [key_values],
            f"{layer}.self_attn.o_proj.weight": [hidden, hidden],
            f"{layer}.mlp.gate_proj.weight": [inner, hidden],
            f"{layer}.mlp.up_proj.weight": [inner, hidden],
            f"{layer}.mlp.down_proj.weight": [hidden, inner],
        }
    # As in the family's small checkpoints, the output layer is the embedding.
    assert config["tie_word_embeddings"]
    assert {name: shape for name, (_, shape) in header.items()} == expected


def test_weights_are_safetensors_with_an_index(directory: Path, header: dict[str, Any]) -> None:
    """The index names the file of each tensor and their size together; there is no pickle."""
    index = read(directory, "model.safetensors.index.json")
    files = sorted(path.name for path in directory.glob("*.safetensors"))
    assert files == [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    held = {}
    for name in files:
        with safe_open(directory / name, framework="pt") as file:
            assert file.metadata() == {"format": "pt"}
            held |= dict.fromkeys(file.keys(), name)
    assert index["weight_map"] == held
    assert index["metadata"]["total_size"] == sum(
        2 * torch.Size(shape).numel() for _, shape in header.values()
    )
    assert [path for path in directory.iterdir() if path.suffix in (".bin", ".pt", ".pkl")] == []


@torch.no_grad()
def test_half_precision_answers_stay_close_to_full(directory: Path) -> None:
    """What a GPU computes in bfloat16 can be held against the same weights in float32."""
    tokenizer = AutoTokenizer.from_pretrained(NAME)
    prompt = tokenizer.apply_chat_template(
        GREETING, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    half = AutoModelForCausalLM.from_pretrained(NAME).eval()
    assert half.dtype == torch.bfloat16
    full = AutoModelForCausalLM.from_pretrained(NAME, dtype=torch.float32).eval()
    exact = full(**prompt).logits
    difference = (half(**prompt).logits.float() - exact).norm() / exact.norm()
    assert 0 < difference < 0.05
