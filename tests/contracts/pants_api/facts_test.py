"""Every use of Pants' API in the rules is known, and right, for each release that they serve."""

from __future__ import annotations

import ast
import json
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from call_by_name.pants_rules import PANTS_RULES

from tests.contracts.pants_api.facts import FILE, Fact, fact_of, releases_between, used_names
from tests.contracts.pants_api.flavours import Flavour, all_flavours
from tests.contracts.pants_api.uses import (
    VERSIONS_MODULE,
    Call,
    Later,
    Override,
    Use,
    minor_release,
    uses,
    versioned_keywords,
)

_FACTS: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))["names"]
_FLAVOURS = {flavour.name: flavour for flavour in all_flavours()}


def _problem(use: Use, version: str, facts: dict[str, dict[str, Any]]) -> str:
    """What is wrong with a use in a release; empty if nothing is."""
    if use.name not in facts:
        return "is not in facts.json: write it again, see tests/contracts/pants_api/facts.py"
    fact = fact_of(facts[use.name], version)
    if isinstance(use.how, Later):
        later = minor_release(version) >= use.how.since
        return "" if later == (fact is not None) else "is missing" if later else "is there already"
    if isinstance(use.how, Override):
        # A member of our own must not become one of Pants.
        own = all(change is None or change == "inherited" for change in facts[use.name].values())
        if own or not isinstance(fact, list) or use.how.parameters is None:
            return "" if own or fact is not None else "is missing"
        return _override_problem(fact, use.how.parameters)
    if fact is None:
        return "is missing"
    if isinstance(use.how, Call) and isinstance(fact, list):
        return _call_problem(fact, use.how, use.how.keywords_in(minor_release(version)))
    return ""


def _call_problem(fact: list[str], call: Call, keywords: frozenset[str]) -> str:
    positional, named, required = _parameters(fact)
    takes_any = any(name.startswith("*") and len(name) > 1 for name in fact)
    if call.positional > len(positional) and not takes_any:
        return f"takes {len(positional)} positional arguments, not {call.positional}"
    if not any(name.startswith("**") for name in fact):
        unknown = keywords - named
        if unknown:
            return f"has no parameter {', '.join(sorted(unknown))}"
    missing = required - keywords - set(positional[: call.positional])
    return f"needs {', '.join(sorted(missing))}" if missing and not call.spread else ""


def _override_problem(fact: list[str], ours: tuple[str, ...]) -> str:
    """What keeps an overriding method from being called as the overridden one is."""
    positional, named, _ = _parameters(fact)
    our_positional, our_named, our_required = _parameters(list(ours))
    takes_any = {name for name in ours if name.startswith("*") and len(name) > 1}
    if len(our_positional) < len(positional) and not takes_any:
        return f"is called with {', '.join(positional)}"
    unknown = named - our_named - set(positional)
    if unknown and not any(name.startswith("**") for name in ours):
        return f"is called with {', '.join(sorted(unknown))}"
    further = our_required - named - set(our_positional[: len(positional)])
    return f"is not called with {', '.join(sorted(further))}" if further else ""


def _parameters(names: list[str]) -> tuple[list[str], set[str], set[str]]:
    """The names of the positional parameters, of all parameters, and of those that are required."""
    star = next((i for i, name in enumerate(names) if name.startswith("*")), len(names))
    plain = [name.removesuffix("=") for name in names if not name.startswith("*")]
    required = {name for name in names if not name.startswith("*") and not name.endswith("=")}
    return [name.removesuffix("=") for name in names[:star]], set(plain), required


@pytest.mark.parametrize("flavour", _FLAVOURS.values(), ids=list(_FLAVOURS))
def test_each_release_has_what_the_rules_use(flavour: Flavour) -> None:
    problems = {
        f"{use.place}: {use.name} {problem}": version
        for version in releases_between(flavour.first, flavour.last)
        for use in flavour.uses
        for problem in [_problem(use, version, _FACTS)]
        if problem
    }
    assert problems == {}
    assert len(flavour.uses) > 1000
    assert any(use.name.endswith(".Get") for use in flavour.uses) == (flavour.name == "Get")


def test_the_facts_are_those_of_uses() -> None:
    """Otherwise it was not written again after the last use of a name was removed."""
    assert set(_FACTS) == used_names(_FLAVOURS.values())


_NAMES: dict[str, dict[str, Fact]] = {
    "pants.a.f": {"2.17.1": ["x", "y=", "*", "z="], "2.19.3": ["x", "*", "w="]},
    "pants.a.C": {"2.17.1": True, "2.32.1": None},
    "pants.a.C.m": {"2.17.1": ["x"], "2.31.0": ["x", "y"], "2.32.1": None},
    "pants.a.C.own": {"2.17.1": None},
    "pants.a.C.later": {"2.17.1": None, "2.20.4": True},
}


@pytest.mark.parametrize(
    ("source", "version", "problem"),
    [
        ("f(1, 2, z=3)", "2.17.1", ""),
        ("f(1, 2)", "2.19.3", "takes 1 positional arguments, not 2"),
        ("f(1, z=3)", "2.19.3", "has no parameter z"),
        ("f()", "2.17.1", "needs x"),
        ("f(*all)", "2.17.1", ""),
        ("def g(c: C) -> None:\n    c.m(1)", "2.17.1", ""),
        ("def g(c: C) -> None:\n    c.m(1)", "2.31.0", "needs y"),
        ("def g(c: C[int]) -> None:\n    c.n(1)", "2.17.1", "is not in facts.json"),
        ("async def g() -> None:\n    c = await Get(C, int, 1)\n    c.m()", "2.17.1", "needs x"),
        ("class D(C):\n    def m(self, x): pass", "2.30.2", ""),
        ("class D(C):\n    def m(self, x): pass", "2.31.0", "is called with x, y"),
        ("class D(C):\n    def m(self, x, z): pass", "2.17.1", "is not called with z"),
        ("class D(C):\n    own = 1", "2.31.0", ""),
        ("class D(C):\n    later = 1", "2.17.1", "is missing"),
        ("isinstance(1, C)", "2.32.1", "is missing"),
    ],
)
def test_wrong_uses_are_found(source: str, version: str, problem: str) -> None:
    problems = {
        _problem(use, version, _NAMES)
        for use in uses(Path("a.py"), f"from pants.a import C, f\n{source}\n", {})
    }
    assert {found.partition(":")[0] for found in problems} - {""} == {problem} - {""}


def test_keywords_by_version() -> None:
    module = 'def keywords():\n    return {"w": 1} if _since("2.19") else {"z": 1}\n'
    versioned = versioned_keywords(module)
    keywords = ("2.19", frozenset("w"), frozenset("z"))
    assert versioned == {f"{VERSIONS_MODULE}.keywords": (keywords,)}
    own = (
        'def g():\n    given: dict = {"w": 1} if _since("2.19") else {"z": 1}\n    f(1, **given)\n'
    )
    shared = f"from {VERSIONS_MODULE} import keywords\nf(1, **keywords())\n"
    for source in (own, shared):
        all_uses = list(uses(Path("a.py"), f"from pants.a import f\n{source}", versioned))
        calls = [use.how for use in all_uses if isinstance(use.how, Call)]
        assert [call.keywords_in((2, minor)) for call in calls for minor in (18, 19)] == [
            {"z"},
            {"w"},
        ]
        assert not any(_problem(use, version, _NAMES) for use in all_uses for version in _RELEASES)


_RELEASES = releases_between("2.17", "2.33")


@pytest.mark.parametrize(
    ("since", "problems"),
    [("2.20", set()), ("2.19", {"is missing"}), ("2.21", {"is there already"})],
)
def test_names_of_later_versions(since: str, problems: set[str]) -> None:
    names: dict[str, dict[str, Fact]] = {
        "pants.a.N": {"2.17.1": None, "2.20.4": True},
        "pants.a.N.m": {"2.17.1": None, "2.20.4": []},
    }
    later = list(uses(Path("a.py"), f'_brought_by("{since}", "pants.a", "N").m()\n', {}))
    assert {use.name for use in later} == set(names)
    found = {_problem(use, version, names) for use in later for version in _RELEASES}
    assert found - {""} == problems


def test_what_is_asked_of_the_version_is_a_release() -> None:
    flavour = _FLAVOURS["Get"]
    asked = {
        ast.literal_eval(node.args[0])
        for path, source in flavour.sources.items()
        if path.name == "pants_versions.py"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("_since", "_brought_by")
        and isinstance(node.args[0], ast.Constant)
    }
    assert asked and asked <= {".".join(map(str, minor_release(version))) for version in _RELEASES}


@pytest.mark.parametrize("pair", PANTS_RULES, ids=" of ".join)
def test_the_table_of_rules_is_right_for_each_release(pair: tuple[str, str]) -> None:
    rule = PANTS_RULES[pair]
    flavour = _FLAVOURS["call by name"]
    for version in releases_between(flavour.first, flavour.last):
        fact = fact_of(_FACTS[f"{rule.module}.{rule.function}"], version)
        # `true` is a name for a rule that has another one as well.
        assert fact is True or isinstance(fact, list), version
        if isinstance(fact, list) and rule.takes_request:
            assert (len(fact) > 1) == rule.takes_more, version


def test_calls_by_name_import_in_no_circle() -> None:
    """They import the rules that they call. CycleError names the modules of a circle."""
    modules = {
        ".".join(path.with_suffix("").parts[1:]).removesuffix(".__init__"): source
        for path, source in _FLAVOURS["call by name"].sources.items()
    }
    imported = {
        module: {
            name
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.ImportFrom)
            for name in (str(node.module), *(f"{node.module}.{a.name}" for a in node.names))
            if name in modules
        }
        for module, source in modules.items()
    }
    TopologicalSorter(imported).prepare()


def test_one_module_asks_for_the_version() -> None:
    asking = {
        path.name
        for path, source in _FLAVOURS["Get"].sources.items()
        if "PANTS_SEMVER" in source and not path.name.endswith("_test.py")
    }
    assert asking == {"pants_versions.py"}
