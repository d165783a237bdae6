"""Quantised loading: a checkpoint in fp8 that a CPU dequantises, and what is missing here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import Qwen2Config, Qwen2ForCausalLM

from gpu_bench.conftest import TINY_CONFIG, tiny_request
from gpu_bench.core.errors import MissingPackage, NoAccelerator
from gpu_bench.models import quantization
from gpu_bench.models.loading import load
from toolkit.errors import EnvironmentLack, InputError

BLOCK = 16
DEQUANTIZED = {"quant_method": "fp8", "dequantize": True}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("plain")
    torch.manual_seed(0)
    Qwen2ForCausalLM(Qwen2Config(**TINY_CONFIG)).to(torch.bfloat16).save_pretrained(directory)
    return directory


@pytest.fixture(scope="module")
def fp8(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same weights in blocks of 8 bits, each with its scale."""
    directory = tmp_path_factory.mktemp("fp8")
    weights = {}
    for name, weight in load_file(plain / "model.safetensors").items():
        weights[name] = weight
        if name.endswith("proj.weight"):
            rows, columns = weight.shape
            blocks = weight.float().reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK)
            scale = blocks.abs().amax(dim=(1, 3)) / torch.finfo(torch.float8_e4m3fn).max
            scaled = (blocks / scale[:, None, :, None]).reshape(rows, columns)
            weights[name] = scaled.to(torch.float8_e4m3fn)
            weights[f"{name}_scale_inv"] = scale
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((plain / "config.json").read_text())
    config["quantization_config"] = {
        "quant_method": "fp8",
        "weight_block_size": [BLOCK, BLOCK],
        "activation_scheme": "dynamic",
    }
    (directory / "config.json").write_text(json.dumps(config))
    return directory


def test_ranks_are_placed_by_transformers() -> None:
    fields = {"model": {"checkpoint": "x"}, "config": None, "quantization_config": DEQUANTIZED}
    alone, shared = tiny_request(**fields), tiny_request(**fields, tensor_parallel_size=2)
    assert quantization.options(alone, "cpu")["device_map"] == {"": "cpu"}
    assert set(quantization.options(shared, "cpu")) == {"quantization_config"}


def loaded(directory: Path, config: Any = None) -> Any:
    request = tiny_request(
        model={"checkpoint": str(directory)}, config=None, quantization_config=config
    )
    return load(request, "cpu").model


def test_a_quantised_checkpoint_is_dequantised_on_request(plain: Path, fp8: Path) -> None:
    model = loaded(fp8, DEQUANTIZED)
    assert quantization.used(model) is None
    weight = model.model.layers[0].mlp.up_proj.weight
    expected = loaded(plain).model.layers[0].mlp.up_proj.weight
    assert weight.dtype == torch.bfloat16
    # Four bits of mantissa, one of them implied.
    assert torch.allclose(weight.float(), expected.float(), rtol=2**-4, atol=1e-3)
    assert not torch.equal(weight, expected)


def test_nothing_is_dequantised_silently(fp8: Path) -> None:
    with pytest.raises(InputError, match="transformers dequantised them") as caught:
        loaded(fp8)
    assert json.dumps(DEQUANTIZED) in caught.value.hint


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, MissingPackage, "bitsandbytes"),
        ({"quant_method": "torchao", "quant_type": "int8_weight_only"}, MissingPackage, "torchao"),
        ({"quant_method": "quanto"}, MissingPackage, "optimum-quanto"),
        ({"quant_method": "mxfp4"}, EnvironmentLack, "mxfp4"),
        ({"quant_method": "fp8"}, NoAccelerator, "No GPU"),
        ({"quant_method": "awq"}, InputError, "pre-quantized"),
        ({"quant_method": "bitsandbytes"}, InputError, "neither `load_in_4bit` nor"),
        ({"quant_method": "fp9"}, InputError, "no `quantization_config` with `quant_method` 'fp9'"),
        ({}, InputError, "`quant_method` None"),
        ({"quant_method": "fp8", "weight_block_size": [1]}, InputError, "does not suit fp8"),
        ({"quant_method": "fp8", "blok_size": 1}, InputError, "has no setting 'blok_size'"),
    ],
    ids=str,
)
def test_what_cannot_be_used_here_is_named(
    plain: Path, config: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        loaded(plain, config)
    assert caught.value.hint  # type: ignore[attr-defined]


def test_random_weights_are_not_read() -> None:
    with pytest.raises(InputError, match="those of qwen2 are random"):
        tiny_request(quantization_config=DEQUANTIZED)
