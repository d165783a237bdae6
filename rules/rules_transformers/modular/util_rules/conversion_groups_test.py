from __future__ import annotations

from pants.engine.addresses import Address

from rules_transformers.modular.util_rules.conversion_groups import generations, most_shared


def _addresses(**parents: str) -> dict[Address, tuple[Address, ...]]:
    return {Address(name): tuple(map(Address, of.split())) for name, of in parents.items()}


def test_a_generation_is_the_longest_way_from_a_model_without_parents() -> None:
    found = generations(_addresses(a="", b="a", c="a b", d="", e="elsewhere"))
    assert {address.spec_path: number for address, number in found.items()} == {
        "a": 0,
        "b": 1,
        "c": 2,
        "d": 0,
        "e": 0,
    }


def test_cycles_and_what_is_below_them_have_no_generation() -> None:
    found = generations(_addresses(a="b", b="a", below="b", other=""))
    assert [address.spec_path for address in found] == ["other"]


def test_models_are_grouped_by_the_parent_that_most_of_them_have() -> None:
    children = {"llama": 3, "gemma": 1, "bert": 3}
    assert most_shared(["gemma", "llama"], children) == "llama"
    # The order in which they are imported makes no difference.
    assert most_shared(["bert", "llama"], children) == most_shared(["llama", "bert"], children)
    assert most_shared([], children) == ""
