"""A LoRA adapter as peft saves one, in a sub-directory beside its base model."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tiny_models.weights.keyed_random import keyed_values
from tiny_models.weights.safetensors_files import StoredTensor, write_tensors
from toolkit.errors import InputError

DIRECTORY = "lora"
RANK = 4
ALPHA = 8
# What peft's task types are called for, by the end of a class's name.
_TASKS = {
    "ForCausalLM": "CAUSAL_LM",
    "ForSequenceClassification": "SEQ_CLS",
    "ForTokenClassification": "TOKEN_CLS",
    "ForQuestionAnswering": "QUESTION_ANS",
}


def write_lora(model: Any, directory: Path, seed: int, base: str | None) -> None:
    """Writes the adapter: for each linear layer W of a block, B A with A of 4 rows.

    Its values depend on the seed and the names alone, and B is not zero, unlike in a new adapter of
    peft: outputs differ from the base's, by ``ALPHA / RANK * B A``. ``base`` is the name by which
    the base model is loaded. Raises InputError for a model that has no such layer.
    """
    layers = dict(_linear_layers(model))
    if not layers:
        raise InputError(
            f"{type(model).__name__} has no linear layers in blocks that LoRA can change",
            hint="leave `lora` out of `formats`",
        )
    tensors: dict[str, StoredTensor] = {}
    for name, layer in layers.items():
        rows, columns = layer.out_features, layer.in_features
        for part, shape in (("lora_A", (RANK, columns)), ("lora_B", (rows, RANK))):
            key = f"base_model.model.{name}.{part}.weight"
            values = keyed_values(seed, key, shape)
            tensors[key] = StoredTensor("F32", shape, values.astype("<f4").tobytes())
    (directory / DIRECTORY).mkdir()
    write_tensors(tensors, directory / DIRECTORY / "adapter_model.safetensors")
    config = {
        "base_model_name_or_path": base,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "lora_alpha": ALPHA,
        "lora_dropout": 0.0,
        "peft_type": "LORA",
        "r": RANK,
        "target_modules": sorted(layers),
        "task_type": _task(type(model).__name__),
    }
    text = json.dumps(config, indent=2, sort_keys=True) + "\n"
    (directory / DIRECTORY / "adapter_config.json").write_text(text, encoding="utf-8")


def _linear_layers(model: Any) -> Iterable[tuple[str, Any]]:
    """The linear layers of repeated blocks, by their names in the model."""
    import torch

    for name, module in sorted(model.named_modules()):
        is_in_block = any(word.isdigit() for word in name.split("."))
        if is_in_block and type(module) is torch.nn.Linear:
            yield name, module


def _task(class_name: str) -> str | None:
    for ending, task in _TASKS.items():
        if class_name.endswith(ending):
            return task
    return "SEQ_2_SEQ_LM" if class_name.endswith("ForConditionalGeneration") else None
