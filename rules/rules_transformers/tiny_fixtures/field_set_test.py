from __future__ import annotations

from pants.engine.addresses import Address

from rules_transformers.tiny_fixtures.field_set import AllTinyFixtureFieldSets, TinyFixtureFieldSet
from rules_transformers.tiny_fixtures.target_types import TinyFixtureTarget


def _field_set(name: str, repo_id: str | None) -> TinyFixtureFieldSet:
    fields = {"model_type": "llama", "repo_id": repo_id}
    return TinyFixtureFieldSet.create(TinyFixtureTarget(fields, Address("m", target_name=name)))


def test_fixtures_are_found_by_their_name_in_either_case() -> None:
    upper, lower = _field_set("upper", "tiny-random/Newt"), _field_set("lower", "tiny-random/newt")
    other, nameless = _field_set("other", "tiny-random/elk"), _field_set("nameless", None)
    fixtures = AllTinyFixtureFieldSets([upper, other, nameless, lower])
    assert fixtures.named("Tiny-Random/newt") == (upper, lower)
    assert fixtures.named("tiny-random/elk") == (other,)
    assert fixtures.named("") == ()
