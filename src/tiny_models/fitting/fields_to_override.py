"""Which fields of a config an error is about, for the user who overrides them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tiny_models.fitting.conditions import Frame, frames, mentioned
from tiny_models.fitting.fields import field_values, is_config
from tiny_models.vocabulary.token_ids import parts

_FRAMES = 3
_MOST = 4
_ELSE = "override the field that does not fit in `config`, or an input by a test of your own"


def hint(problem: Exception) -> str:
    """What to override after a class of models raised ``problem``: the fields that it names."""
    fields = named_fields(problem)[:_MOST]
    if not fields:
        return _ELSE
    quoted = [f"`{field}`" for field in fields]
    listed = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
    return f"override {listed} in `config`"


def named_fields(problem: Exception) -> list[str]:
    """Fields of the configs at hand that the message, or the lines that raised, name.

    Those of a part are spelt `part.field`, as they are nested in `config`.
    """
    places = frames(problem)[:_FRAMES]
    ranked = [set(re.findall(r"[a-z]\w+", str(problem)))]
    ranked += [set(mentioned(place)) for place in places]
    known = _paths(places)
    return list(
        dict.fromkeys(path for names in ranked for field, path in known.items() if field in names)
    )


def _paths(places: Sequence[Frame]) -> dict[str, str]:
    """The fields of all configs that the places hold, each with its path from the outermost."""
    paths: dict[str, str] = {}
    configs = [value for place in places for value in place.variables.values() if is_config(value)]
    for config in sorted(configs, key=lambda config: -len(list(parts(config)))):
        for name in field_values(config):
            paths.setdefault(name, name)
        for field, part in vars(config).items():
            if is_config(part):
                for name in field_values(part):
                    paths.setdefault(name, f"{field}.{name}")
    return paths
