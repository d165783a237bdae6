from __future__ import annotations

from pants.engine.addresses import Address

from rules_transformers.modular.field_set import AllModularFieldSets, ModularFieldSet
from rules_transformers.modular.target_types import ModularModelTarget


def _field_set(name: str, source: str) -> ModularFieldSet:
    address = Address("m", target_name=name)
    return ModularFieldSet.create(ModularModelTarget({"source": source}, address))


def test_targets_are_found_by_their_file() -> None:
    one, two = _field_set("one", "modular_x.py"), _field_set("two", "modular_x.py")
    other = _field_set("other", "modular_y.py")
    field_sets = AllModularFieldSets([two, other, one])
    assert field_sets.of_file("m/modular_x.py") == (two, one)
    assert field_sets.of_file("m/modular_y.py") == (other,)
    assert field_sets.of_file("modular_x.py") == ()
    assert field_sets == AllModularFieldSets([two, other, one])
