"""GGUF files, in full precision and with weights of 8 bits.

The names of tensors and settings are those by which the installed transformers reads such a file:
its tables are turned round, so that every architecture in them can be written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tiny_models.core.errors import MissingRequirement
from toolkit.errors import InputError

FILES = {"gguf": "model-f32.gguf", "gguf-q8": "model-q8_0.gguf"}
# How the reader calls an architecture whose file has another name for it.
_NAMES = {
    "cohere": "command-r",
    "gemma3_text": "gemma3",
    "qwen2_moe": "qwen2moe",
    "qwen3_moe": "qwen3moe",
}
# Tables for every file, and a type that the library of the format does not know by its name.
_NO_ARCHITECTURES = {"general", "tokenizer", "mistral"}
_NORMAL, _CONTROL, _USER_DEFINED = 1, 3, 4


def write_gguf(model: Any, directory: Path, wanted: str) -> None:
    """Writes the file of a format. Raises MissingRequirement, and InputError for other models."""
    try:
        import gguf  # pants: no-infer-dep
    except ImportError:
        raise MissingRequirement(f"the format `{wanted}`", ("gguf",)) from None
    from transformers.modeling_gguf_pytorch_utils import (
        GGUF_TO_TRANSFORMERS_MAPPING,
        TENSOR_PROCESSORS,
        get_gguf_hf_weights_map,
    )

    config = model.config
    architecture = _NAMES.get(config.model_type, config.model_type)
    fields = GGUF_TO_TRANSFORMERS_MAPPING["config"]
    processor = TENSOR_PROCESSORS.get(architecture)
    stored = _STORED.get(processor.__name__ if processor is not None else "")
    if architecture not in fields or architecture in _NO_ARCHITECTURES or stored is None:
        raise InputError(
            f"a GGUF file of {config.model_type} cannot be written",
            hint=f"leave `{wanted}` out of `formats`; it can for {', '.join(_writable())}",
        )
    writer = gguf.GGUFWriter(str(directory / FILES[wanted]), architecture)
    writer.add_name(config.model_type)
    # The reader's table says which field of the config each setting becomes.
    for key, field in fields[architecture].items():
        value = _value(config, field)
        if isinstance(value, bool):
            writer.add_bool(f"{architecture}.{key}", value)
        elif isinstance(value, int):
            writer.add_uint32(f"{architecture}.{key}", value)
        elif isinstance(value, float):
            writer.add_float32(f"{architecture}.{key}", value)
    _add_tokens(writer, directory)
    names = get_gguf_hf_weights_map(model, (processor or _no_processor())(config=config.to_dict()))
    state = model.state_dict()
    for name, own_name in sorted(names.items()):
        if own_name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        values = stored(name, state[own_name].detach().float().numpy(), config)
        _add_tensor(writer, name, np.ascontiguousarray(values), wanted)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tensor(writer: Any, name: str, values: npt.NDArray[Any], wanted: str) -> None:
    """Rows of a multiple of 32 values get 8 bits each, as all of it but vectors has."""
    import gguf  # pants: no-infer-dep

    kind = gguf.GGMLQuantizationType.Q8_0
    if wanted == "gguf" or values.ndim < 2 or np.shape(values)[-1] % gguf.GGML_QUANT_SIZES[kind][0]:
        writer.add_tensor(name, values)
    else:
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)


def _value(config: Any, field: str | None) -> Any:
    if field is None:
        return None
    if field == "rope_theta":
        parameters = getattr(config, "rope_parameters", None) or {}
        theta = parameters.get("rope_theta")
        return None if theta is None else float(theta)
    return getattr(config, field, None)


def _add_tokens(writer: Any, directory: Path) -> None:
    """The vocabulary, for readers that take the tokenizer from the file, too."""
    path = directory / "tokenizer.json"
    if not path.is_file():
        return
    document = json.loads(path.read_bytes())
    model = document["model"]
    if model["type"] != "BPE":
        return
    added = {token["content"]: token for token in document["added_tokens"]}
    ids = {**model["vocab"], **{text: token["id"] for text, token in added.items()}}
    tokens = sorted(ids, key=ids.__getitem__)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types([_kind(added.get(token)) for token in tokens])
    writer.add_token_merges(
        [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    )


def _kind(added: Mapping[str, Any] | None) -> int:
    if added is None:
        return _NORMAL
    return _CONTROL if added["special"] else _USER_DEFINED


def _as_is(name: str, values: npt.NDArray[Any], config: Any) -> npt.NDArray[Any]:
    return values


def _paired(name: str, values: npt.NDArray[Any], config: Any) -> npt.NDArray[Any]:
    """llama.cpp rotates neighbouring rows of queries and keys, transformers the two halves."""
    heads = {
        "attn_q.weight": config.num_attention_heads,
        "attn_k.weight": config.num_key_value_heads,
    }
    for ending, count in heads.items():
        if name.endswith(ending):
            rows, *rest = np.shape(values)
            halves = values.reshape(count, 2, rows // count // 2, *rest)
            return halves.swapaxes(1, 2).reshape(rows, *rest)
    return values


def _with_one(name: str, values: npt.NDArray[Any], config: Any) -> npt.NDArray[Any]:
    """The factor of a norm, of which transformers keeps the difference from 1."""
    return values + 1 if name.endswith("norm.weight") else values


# By the class with which the reader undoes it; empty if it undoes nothing.
_STORED: Mapping[str, Callable[[str, npt.NDArray[Any], Any], npt.NDArray[Any]]] = {
    "": _as_is,
    "LlamaTensorProcessor": _paired,
    "Gemma2TensorProcessor": _with_one,
    "NemotronTensorProcessor": _with_one,
}


def _no_processor() -> Any:
    from transformers.modeling_gguf_pytorch_utils import TensorProcessor

    return TensorProcessor


def _writable() -> list[str]:
    from transformers.modeling_gguf_pytorch_utils import (
        GGUF_TO_TRANSFORMERS_MAPPING,
        TENSOR_PROCESSORS,
    )

    names = {
        _NAMES.get(name, name) for name in GGUF_TO_TRANSFORMERS_MAPPING["config"]
    } - _NO_ARCHITECTURES
    return sorted(
        name
        for name in names
        if name not in TENSOR_PROCESSORS or TENSOR_PROCESSORS[name].__name__ in _STORED
    )
