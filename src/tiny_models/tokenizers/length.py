"""How long a text may be: as many tokens as the tiny model has positions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tiny_models.repository.contents import SETTINGS, settings_text
from tiny_models.tokenizers.recipes import modeling_source

# Of texts before those of other inputs: the second is how a speech model names those of its text.
_FIELDS = (
    "max_position_embeddings",
    "max_target_positions",
    "n_positions",
    "max_seq_len",
    "max_sequence_length",
    "seq_length",
    "n_ctx",
    "context_length",
)
# Positions are counted from the padding token's id on, in a table of that many rows.
_FROM_PADDING = re.compile(r"create_position_ids_from_input_ids|padding_idx \+ 1")
_TABLE = re.compile(r"Embedding\(\s*config\.max_position_embeddings\b")


def positions_of(config: Any) -> int | None:
    """The number of tokens that the text part of a model takes; None if it has no limit."""
    for part in _text_parts(config):
        values = vars(part)
        for name in _FIELDS:
            count = values.get(type(part).attribute_map.get(name, name))
            if isinstance(count, int) and not isinstance(count, bool) and count > 0:
                return max(1, count - _skipped(part))
    return None


def limit_length(directory: Path, config: Any) -> None:
    """Sets ``model_max_length`` in the settings of every tokenizer below a directory."""
    count = positions_of(config)
    if count is None:
        return
    for path in sorted(directory.rglob(SETTINGS)):
        settings = json.loads(path.read_bytes())
        settings["model_max_length"] = count
        path.write_bytes(settings_text(settings))


def _text_parts(config: Any) -> Iterator[Any]:
    for decoder in (False, True):
        try:
            yield config.get_text_config(decoder=decoder)
        except ValueError:
            # Several parts read texts.
            continue
    yield config
    for name in type(config).sub_configs_defaults:
        part = getattr(config, name, None)
        if part is not None and "vocab_size" in vars(part):
            yield part


def _skipped(part: Any) -> int:
    padding = vars(part).get("pad_token_id")
    source = modeling_source(type(part))
    if isinstance(padding, int) and _FROM_PADDING.search(source) and _TABLE.search(source):
        return padding + 1
    return 0
