from __future__ import annotations

from rules_transformers_contract.stored_outcomes import key, keys_of, order


def test_an_order_names_the_keys() -> None:
    assert keys_of(order(["b", "a"])) == ("b", "a")
    assert keys_of(order([])) == keys_of("") == ()


def test_a_key_is_that_of_all_that_matters() -> None:
    common = {"env": {"A": "1", "B": "2"}, "command": ("t", "c")}
    assert key(common, "1a") == key({"command": ["t", "c"], "env": {"B": "2", "A": "1"}}, "1a")
    others = [
        key(common, "1b"),
        key({**common, "env": {"A": "1"}}, "1a"),
        key({"env": common["env"]}, "1a"),
    ]
    assert len({key(common, "1a"), *others}) == 4
