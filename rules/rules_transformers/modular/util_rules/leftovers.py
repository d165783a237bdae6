"""Finds files in the workspace that modular models generated earlier, and generate no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from pants.engine.addresses import Address

from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.file_types import FILE_TYPES, generated_path, is_generated_from


def possible_paths(field_sets: Iterable[ModularFieldSet]) -> tuple[str, ...]:
    """Every path that a version of these modular files may have generated."""
    modulars = sorted({field_set.path for field_set in field_sets})
    return tuple(generated_path(modular, kind) for modular in modulars for kind in FILE_TYPES)


def leftover_messages(
    field_sets: Iterable[ModularFieldSet],
    all_field_sets: Iterable[ModularFieldSet],
    generated_paths: Mapping[Address, tuple[str, ...]],
    head_of: Callable[[str], bytes],
) -> tuple[str, ...]:
    """A warning for each leftover of these models.

    :param all_field_sets: those of the repository: another target may have what one leaves out.
    :param generated_paths: what each of them generates.
    :param head_of: gives the part of a file that its banner would be in; empty if there is none.
    """
    addresses: defaultdict[str, list[Address]] = defaultdict(list)
    generated: defaultdict[str, set[str]] = defaultdict(set)
    has_narrowed = set()
    for field_set in all_field_sets:
        addresses[field_set.path].append(field_set.address)
        generated[field_set.path].update(generated_paths[field_set.address])
        if field_set.outputs.value is not None:
            has_narrowed.add(field_set.path)
    messages = []
    for modular in sorted({field_set.path for field_set in field_sets}):
        for kind in FILE_TYPES:
            path = generated_path(modular, kind)
            if path in generated[modular] or not is_generated_from(modular, head_of(path)):
                continue
            message = f"warning: {path} was generated from {modular}, which no longer produces it\n"
            if modular in has_narrowed:
                specs = ", ".join(address.spec for address in sorted(addresses[modular]))
                message += f"hint: delete it, or add `{kind}` to the `outputs` of {specs}"
            else:
                message += "hint: delete it"
            messages.append(message)
    return tuple(messages)
