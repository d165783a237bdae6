"""Token ids and what goes with them."""

from __future__ import annotations

from typing import Any

from tiny_models.inputs.values import floats, lookup, token_ids

LENGTH = 16
CHOICES = 2


def make(model: Any, names: set[str], sofar: dict[str, Any]) -> dict[str, Any]:
    """Inputs of the text side, where ``forward`` has one."""
    import torch

    config = model.config
    made: dict[str, Any] = {}
    takes_text = "input_ids" in names and "input_ids" not in sofar
    if takes_text:
        ids = token_ids(config, "input_ids", LENGTH)
        end = lookup(config, "eos_token_id")
        if getattr(config, "is_encoder_decoder", False) and isinstance(end, int):
            # Classifiers read the state at the last end-of-sequence token.
            ids[0, -1] = end
        if type(model).__name__.endswith("ForMultipleChoice"):
            ids = ids[:, None, :].expand(1, CHOICES, LENGTH).contiguous()
        made["input_ids"] = ids
        if "attention_mask" in names:
            made["attention_mask"] = torch.ones_like(ids)
        if "bbox" in names:
            made["bbox"] = torch.tensor([0, 0, 8, 8]).expand(*ids.shape, 4).contiguous()
    encoder_decoder = getattr(config, "is_encoder_decoder", False)
    if "decoder_input_ids" in names and (encoder_decoder or not takes_text):
        made["decoder_input_ids"] = made.get(
            "input_ids", token_ids(config, "decoder_input_ids", LENGTH)
        )
    if "encoder_hidden_states" in names and "input_ids" not in names and not sofar:
        width = lookup(config, "encoder_hidden_size", "hidden_size", default=32)
        made["encoder_hidden_states"] = floats("encoder_hidden_states", 1, 8, width)
    return made
