from __future__ import annotations

from collections.abc import Iterable

from pants.engine.addresses import Address

from rules_transformers.modular.field_set import ModularFieldSet
from rules_transformers.modular.target_types import ModularModelTarget
from rules_transformers.modular.util_rules.outline import CAPACITY, outline_groups


def _field_set(name: str, target: str = "model") -> ModularFieldSet:
    return ModularFieldSet.create(
        ModularModelTarget(
            {"source": f"modular_{name}.py"}, Address(f"models/{name}", target_name=target)
        )
    )


def _groups(names: Iterable[str]) -> set[tuple[str, ...]]:
    groups = outline_groups(map(_field_set, names))
    return {tuple(field_set.path for field_set in group) for group in groups}


_NAMES = [f"m{number}" for number in range(10 * CAPACITY)]


def test_a_change_outlines_a_small_part_of_a_library() -> None:
    groups = _groups(_NAMES)
    assert max(map(len, groups)) <= CAPACITY
    assert sum(map(len, groups)) == len(_NAMES)
    # Few of them are small: each starts Python.
    assert len(groups) <= 3 * 10


def test_groups_depend_on_no_order() -> None:
    assert _groups(_NAMES) == _groups(reversed(_NAMES))


def test_another_model_changes_one_group_or_splits_it() -> None:
    before, after = _groups(_NAMES), _groups([*_NAMES, "another"])
    assert len(before - after) == 1
    assert 1 <= len(after - before) <= 2


def test_targets_of_one_file_are_outlined_together() -> None:
    twins = [_field_set("m1", target) for target in ("full", "config")]
    others = [_field_set(name) for name in _NAMES[2:]]
    group = next(group for group in outline_groups([*others, *twins]) if twins[0] in group)
    assert twins[1] in group
