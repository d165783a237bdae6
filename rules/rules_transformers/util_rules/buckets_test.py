from __future__ import annotations

from itertools import product

import pytest

from rules_transformers.util_rules.buckets import buckets

_NAMES = [f"models/{letters[0]}{letters[1]}" for letters in product("abcdefghij", repeat=2)]


def _split(names: list[str], capacity: int = 12) -> set[frozenset[str]]:
    return {frozenset(bucket) for bucket in buckets({name: (name,) for name in names}, capacity)}


@pytest.mark.parametrize("number", [0, 1, 12, 13, 100])
def test_every_item_is_in_one_bucket_that_is_not_too_full(number: int) -> None:
    split = buckets({name: (name,) for name in _NAMES[:number]}, 12)
    assert sorted(name for bucket in split for name in bucket) == _NAMES[:number]
    assert all(0 < len(bucket) <= 12 for bucket in split)


def test_buckets_do_not_depend_on_the_order() -> None:
    assert _split(_NAMES) == _split(_NAMES[::-1])


def _changed_and_new(name: str) -> tuple[set[frozenset[str]], set[frozenset[str]]]:
    """The buckets that another item changes, and what becomes of them."""
    before = _split([other for other in _NAMES if other != name])
    after = _split(_NAMES)
    return before - after, after - before


@pytest.mark.parametrize("name", _NAMES)
def test_another_item_changes_at_most_two_buckets(name: str) -> None:
    changed, new = _changed_and_new(name)
    assert len(changed) <= 2
    assert frozenset().union(*new) == frozenset({name}).union(*changed)


def test_another_item_mostly_changes_one_bucket() -> None:
    assert sum(len(_changed_and_new(name)[0]) for name in _NAMES) <= 1.25 * len(_NAMES)


def test_small_neighbours_share_a_bucket() -> None:
    split = buckets({name: (name,) for name in _NAMES}, 12)
    assert all(len(left) + len(right) > 6 for left, right in zip(split, split[1:]))


@pytest.mark.parametrize(
    ("mixed", "expected"),
    [(None, ["bbbcccaa", "ddd"]), (5, ["bbbaa", "ccc", "ddd"]), (1, ["aa", "bbb", "ccc", "ddd"])],
)
def test_a_bucket_may_hold_fewer_of_several_first_names(
    mixed: int | None, expected: list[str]
) -> None:
    # By their hashes, the order is d, c, b, a.
    sizes = {"a": 2, "b": 3, "c": 3, "d": 3}
    names = {(name, index): (name, str(index)) for name in sizes for index in range(sizes[name])}
    split = buckets(names, 8, mixed=mixed)
    assert sorted("".join(name for name, _ in bucket) for bucket in split) == expected


def test_items_of_one_first_name_stay_together_while_they_fit() -> None:
    parents = {name: (f"parent {index % 10}", name) for index, name in enumerate(_NAMES)}
    for bucket in buckets(parents, 12):
        for parent in {parents[name][0] for name in bucket}:
            family = {name for name in _NAMES if parents[name][0] == parent}
            assert family <= set(bucket)


def test_items_of_the_same_names_cannot_be_split() -> None:
    assert buckets(dict.fromkeys("abc", ("x",)), 2) == [("a", "b", "c")]
