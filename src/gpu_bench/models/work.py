"""The work of the phases of generating: floating-point operations, and bytes that must move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpu_bench.request.fields import Request

_ATTENTION = ("full_attention", "sliding_attention")


def work(model: Any, request: Request) -> dict[str, dict[str, float]] | None:
    """Operations and bytes of `prefill` and `decode`, for all rows; None for models not covered.

    Covered are dense decoders: each weight is that of a linear layer or an embedding, and each
    layer has full or sliding attention. A multiplication and an addition are two operations.

    Operations of a token at position p, from 1: 2 W for W weights of linear layers without the
    head; 2 heads (key_dim + value_dim) n in each layer, where n is p, or the window if that is
    less; and 2 H for H weights of the head, once for each token that is chosen. Prefill processes
    the prompt and chooses one token; decode makes one pass for each further one.

    Bytes of a pass: all weights that it uses once, and the keys and values of all positions before.
    """
    config = model.config.get_text_config(decoder=True)
    if getattr(config, "is_encoder_decoder", False) or _has_experts(config):
        return None
    if request.continuous_batching or request.proposes_tokens:
        # Phases overlap, or passes depend on what was proposed.
        return None
    weights = _linear_weights(_decoder(model))
    head = model.get_output_embeddings()
    windows = _windows(config)
    if weights is None or head is None or windows is None:
        return None
    size = head.weight.element_size()
    linear = sum(weight.numel() for weight in weights)
    key_dim, value_dim = _head_dims(config)
    attention = 2 * config.num_attention_heads * (key_dim + value_dim)
    cached = _cached_heads(config) * (key_dim + value_dim) * size

    rows, prompt = request.batch_size, request.sequence_length
    passes = request.num_tokens - 1
    decoded = _positions(windows, prompt + 1, prompt + passes)
    moved = sum(weight.numel() * weight.element_size() for weight in weights)
    moved += head.weight.numel() * size
    prefill = (
        prompt * 2 * linear + attention * _positions(windows, 1, prompt) + 2 * head.weight.numel()
    )
    decode = passes * 2 * (linear + head.weight.numel())
    decode += attention * decoded
    return {
        "prefill": {
            "operations": float(rows * prefill),
            "bytes": float(moved + rows * cached * prompt * sum(windows.values())),
        },
        "decode": {
            "operations": float(rows * decode),
            "bytes": float(passes * moved + rows * cached * decoded),
        },
    }


def _positions(windows: Mapping[int | None, int], first: int, last: int) -> int:
    """The positions that those from first to last attend to, over all layers."""
    total = 0
    for window, layers in windows.items():
        most = last if window is None else window
        total += layers * sum(min(position, most) for position in range(first, last + 1))
    return total


def _decoder(model: Any) -> Any:
    """The text decoder without its head."""
    get = getattr(model, "get_decoder", None)
    return model.base_model if get is None else get()


def _linear_weights(decoder: Any) -> list[Any] | None:
    """The weights of the linear layers; None if there are weights of another kind."""
    weights = []
    for module in decoder.modules():
        own = [weight for weight in module.parameters(recurse=False) if weight.dim() > 1]
        # `Conv1D` is what GPT-2 calls its linear layer.
        if type(module).__name__ in ("Linear", "Conv1D") and len(own) == 1:
            weights += own
        elif own and "Embedding" not in type(module).__name__:
            return None
    return weights


def _has_experts(config: Any) -> bool:
    """Whether a token passes only some of the weights."""
    return any(
        "experts" in name and isinstance(value, int) and value > 1
        for name, value in config.to_dict().items()
    )


def _windows(config: Any) -> dict[int | None, int] | None:
    """The number of layers for each window of attention; None for other layers than attention."""
    number: int = config.num_hidden_layers
    types: list[str] | None = getattr(config, "layer_types", None)
    window: int | None = getattr(config, "sliding_window", None) or None
    if not getattr(config, "use_sliding_window", True):
        window = None
    if types is None:
        return {window: number}
    if any(kind not in _ATTENTION for kind in types):
        return None
    of_layers = [window if kind == "sliding_attention" else None for kind in types]
    return {window: of_layers.count(window) for window in dict.fromkeys(of_layers)}


def _head_dims(config: Any) -> tuple[int, int]:
    """Of keys and of values."""
    whole = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    key = getattr(config, "qk_head_dim", None) or whole
    value = getattr(config, "v_head_dim", None) or whole
    return int(key), int(value)


def _cached_heads(config: Any) -> int:
    heads: int = config.num_attention_heads
    if getattr(config, "kv_lora_rank", None):
        # transformers caches keys and values after they were expanded.
        return heads
    return getattr(config, "num_key_value_heads", None) or heads
