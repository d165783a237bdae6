"""The inheritance plan of a file: what to take from which model, and what to write."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from parent_finder.ranking import unit_candidates
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.reference_library import ReferenceLibrary, order
from parent_finder.ranking.weights import Floats

# Models that are considered, and that a plan may name at most.
_CONSIDERED = 12
_MOST_PARENTS = 4
# A further parent model has to save at least this many lines, and this share of the file.
_LEAST_LINES = 8
_LEAST_SHARE = 0.02
# The gain of a model that is e to this times less likely a parent counts e times less.
_LIKELIHOOD = 20.0
# Statements that inheriting costs: the class line and a `pass` or a blank line; a deletion.
_HEADER = 2
_DELETION = 1


@dataclass(frozen=True)
class ClassPlan:
    """How one class of the file comes from a parent class.

    ``parent`` is the class's number in the index. Names are in source order. ``inherited``
    methods are equal in both; ``overridden`` are in both and differ; ``added`` are new;
    ``deleted`` (methods) and ``deleted_attributes`` are the parent's alone.
    ``set_attributes`` are new or have another value. ``as_is`` means that nothing is written.
    """

    name: str
    parent: int
    as_is: bool
    inherited: tuple[str, ...]
    overridden: tuple[str, ...]
    added: tuple[str, ...]
    deleted: tuple[str, ...]
    set_attributes: tuple[str, ...]
    deleted_attributes: tuple[str, ...]
    lines: int
    lines_saved: int


@dataclass(frozen=True)
class FunctionPlan:
    """A function of the file that the parent model has too. ``source`` is its number there."""

    name: str
    source: int
    lines_saved: int


@dataclass(frozen=True)
class Plan:
    """The plan of a file. ``parents`` are model numbers, the most useful first."""

    parents: tuple[int, ...]
    classes: tuple[ClassPlan, ...]
    functions: tuple[FunctionPlan, ...]
    written: tuple[str, ...]
    lines: int
    lines_saved: int


@dataclass(frozen=True)
class _Body:
    """Methods (name, digest, lines) and attributes (name, checksum, lines) of a class."""

    methods: dict[str, tuple[int, int]]
    attributes: dict[str, tuple[int, int]]


def make(
    library: ReferenceLibrary,
    comparison: Comparison,
    model_scores: Floats,
    lines: int,
) -> Plan:
    """The plan that covers a file with few parent models: greedily, by lines saved.

    ``lines`` is the length of the file.
    """
    classes = comparison.queries["class"]
    bodies = _own_bodies(comparison)
    considered = order(library, model_scores)[:_CONSIDERED]
    options: list[dict[int, ClassPlan]] = []
    for position, unit in enumerate(classes.units):
        parents = unit_candidates.best_in_models(library, comparison, considered, position)
        own = classes.features[position].digest
        plans = {}
        for model, parent in parents.items():
            body = _library_body(library, parent)
            table = library.index.tables["class"]
            equal = int(table.digests[table.rows[parent]]) == own
            plan = _class_plan(unit.name, unit.lines, bodies[position], parent, body, equal)
            if plan.as_is or plan.lines_saved > 0:
                plans[model] = plan
        options.append(plans)
    shared = {model: _shared_functions(library, comparison, model) for model in considered}
    parents_found = _cover(considered, model_scores, options, shared, lines)
    class_plans, written = [], []
    for unit, plans in zip(classes.units, options, strict=True):
        usable = [(plans[m].lines_saved, -n, m) for n, m in enumerate(parents_found) if m in plans]
        if usable:
            class_plans.append(plans[max(usable)[2]])
        else:
            written.append(unit.name)
    functions: dict[str, FunctionPlan] = {}
    for model in parents_found:
        for name, function in shared[model].items():
            functions.setdefault(name, function)
    saved = sum(class_plan.lines_saved for class_plan in class_plans)
    saved += sum(function_plan.lines_saved for function_plan in functions.values())
    return Plan(
        parents=tuple(parents_found),
        classes=tuple(class_plans),
        functions=tuple(functions.values()),
        written=tuple(written),
        lines=lines,
        lines_saved=saved,
    )


def _cover(
    considered: list[int],
    model_scores: Floats,
    options: list[dict[int, ClassPlan]],
    shared: dict[int, dict[str, FunctionPlan]],
    lines: int,
) -> list[int]:
    chosen: list[int] = []
    best = [0] * len(options)
    functions: set[str] = set()
    while len(chosen) < _MOST_PARENTS:
        gains = []
        for rank, model in enumerate(considered):
            gain = sum(
                max(plans[model].lines_saved - old, 0)
                for plans, old in zip(options, best, strict=True)
                if model in plans
            )
            gain += sum(p.lines_saved for n, p in shared[model].items() if n not in functions)
            likely = gain * math.exp(model_scores[model] / _LIKELIHOOD)
            gains.append((likely, -rank, gain, model))
        _, _, gain, model = max(gains, default=(0.0, 0, 0, -1))
        if gain < max(_LEAST_LINES, _LEAST_SHARE * lines):
            break
        chosen.append(model)
        best = [
            max(old, p[model].lines_saved if model in p else 0)
            for p, old in zip(options, best, strict=True)
        ]
        functions |= set(shared[model])
    return chosen


def _class_plan(
    name: str, lines: int, own: _Body, parent: int, other: _Body, equal: bool
) -> ClassPlan:
    inherited = [n for n, (digest, _) in own.methods.items() if _digest(other.methods, n) == digest]
    changed = [n for n in own.methods if n in other.methods and n not in inherited]
    set_here = [n for n, (c, _) in own.attributes.items() if _digest(other.attributes, n) != c]
    deleted = [n for n in other.methods if n not in own.methods]
    deleted_attributes = [n for n in other.attributes if n not in own.attributes]
    kept = sum(own.methods[n][1] for n in inherited)
    kept += sum(size for n, (_, size) in own.attributes.items() if n not in set_here)
    cost = _DELETION * (len(deleted) + len(deleted_attributes))
    return ClassPlan(
        name=name,
        parent=parent,
        as_is=equal,
        inherited=tuple(inherited),
        overridden=tuple(changed),
        added=tuple(n for n in own.methods if n not in other.methods),
        deleted=tuple(deleted),
        set_attributes=tuple(set_here),
        deleted_attributes=tuple(deleted_attributes),
        lines=lines,
        lines_saved=max(lines - _HEADER, 0) if equal else max(kept - cost, 0),
    )


def _digest(members: dict[str, tuple[int, int]], name: str) -> int | None:
    member = members.get(name)
    return member[0] if member else None


def _own_bodies(comparison: Comparison) -> list[_Body]:
    classes, methods = comparison.queries["class"], comparison.queries["method"]
    position = {number: n for n, number in enumerate(classes.numbers)}
    bodies = [_Body({}, {n: (c, s) for n, s, c in unit.attributes}) for unit in classes.units]
    for unit, features in zip(methods.units, methods.features, strict=True):
        _add_method(bodies[position[unit.owner]], unit.name, features.digest, unit.lines)
    return bodies


def _library_body(library: ReferenceLibrary, number: int) -> _Body:
    table, methods = library.index.tables["class"], library.index.tables["method"]
    unit = table.units[number]
    body = _Body({}, {n: (c, s) for n, s, c in unit.attributes})
    first, last = np.searchsorted(methods.files, [table.files[number], table.files[number] + 1])
    for method in range(int(first), int(last)):
        if methods.units[method].owner == table.numbers[number]:
            method_unit = methods.units[method]
            digest = int(methods.digests[methods.rows[method]])
            _add_method(body, method_unit.name, digest, method_unit.lines)
    return body


def _add_method(body: _Body, name: str, digest: int, lines: int) -> None:
    """Adds a method; definitions of one name (a property's parts) count as one method."""
    old_digest, old_lines = body.methods.get(name, (0, 0))
    body.methods[name] = ((old_digest * 31 + digest) % 2**64, old_lines + lines)


def _shared_functions(
    library: ReferenceLibrary, comparison: Comparison, model: int
) -> dict[str, FunctionPlan]:
    table, owner = library.index.tables["function"], library.by_model["function"].owner
    plans = {}
    queries = comparison.queries["function"]
    of_model = {
        (table.units[n].name, int(table.digests[table.rows[n]])): n
        for n in np.flatnonzero(owner == model).tolist()
    }
    for unit, features in zip(queries.units, queries.features, strict=True):
        source = of_model.get((unit.name, features.digest))
        if source is not None:
            plans[unit.name] = FunctionPlan(unit.name, source, unit.lines - 1)
    return plans
