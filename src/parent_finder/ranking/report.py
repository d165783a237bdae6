"""An answer as text for people, and as JSON for tools."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from parent_finder.ranking.answer import Answer, Candidate, UnitAnswer
from parent_finder.ranking.plan import ClassPlan, Plan
from parent_finder.ranking.reference_library import ReferenceLibrary

SCHEMA = 1


def as_json(answer: Answer, library: ReferenceLibrary) -> dict[str, Any]:
    """The form that `schemas/rank.schema.json` describes."""
    return {
        "schema": SCHEMA,
        "path": answer.path,
        "model": answer.model,
        "lines": answer.lines,
        "known": answer.known,
        "similar": answer.plan is not None,
        "models": [vars(one) for one in answer.models],
        "units": [
            {**vars(unit), "candidates": [vars(one) for one in unit.candidates]}
            for unit in answer.units
        ],
        "plan": _plan_json(answer.plan, library) if answer.plan else None,
    }


def _plan_json(plan: Plan, library: ReferenceLibrary) -> dict[str, Any]:
    classes, functions = library.index.tables["class"], library.index.tables["function"]
    return {
        "parents": [library.models[number] for number in plan.parents],
        "lines": plan.lines,
        "lines_saved": plan.lines_saved,
        "classes": [
            {
                **vars(one),
                "parent": classes.units[one.parent].name,
                "model": library.index.models[classes.files[one.parent]],
                "path": library.index.paths[classes.files[one.parent]],
            }
            for one in plan.classes
        ],
        "functions": [
            {
                "name": one.name,
                "model": library.index.models[functions.files[one.source]],
                "path": library.index.paths[functions.files[one.source]],
                "lines_saved": one.lines_saved,
            }
            for one in plan.functions
        ],
        "written": list(plan.written),
    }


# The headings say what the columns mean: nobody should need another page for that.
_MODELS = (
    "Models, the likeliest parent first",
    "score: 0 for the first; one less is 2.7 times less likely (a natural logarithm)",
    "covered: the share of this file, from 0 to 1, that the model has alike",
)
_UNITS = (
    "Classes, methods and functions, each with its candidates",
    "similarity: 1 is the same code, 0 has nothing in common",
    "equal: how many more have the candidate's code",
)


def as_text(answer: Answer, library: ReferenceLibrary, needed: float) -> str:
    """The tables that a person reads."""
    lines = [f"{answer.path}: {answer.lines} lines", ""]
    if answer.plan is None:
        lines += [
            f"nothing similar: models have {100 * answer.known:.0f}% of this file's methods "
            f"unchanged, and less than {100 * needed:.0f}% says nothing",
            "hint: write this model as a standalone file; the closest code is listed below",
            "",
        ]
    lines += _MODELS
    lines += _table(
        ("model", "score", "covered"),
        [(one.model, f"{one.score:.2f}", f"{one.covered:.2f}") for one in answer.models],
    )
    lines += ["", *_UNITS]
    lines += _table(
        ("line", "unit", "similarity", "candidate", "equal", "place"),
        [row for unit in answer.units for row in _unit_rows(unit)],
    )
    if answer.plan is not None:
        lines += ["", *_plan_text(answer.plan, library)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _unit_rows(unit: UnitAnswer) -> Iterable[tuple[str, ...]]:
    name = f"  {unit.name}()" if unit.kind == "method" else unit.name
    if unit.kind == "function":
        name += "()"
    if not unit.candidates:
        yield str(unit.line), name, "-", "-", "-", "-"
    for rank, one in enumerate(unit.candidates):
        head = (str(unit.line), name) if rank == 0 else ("", "")
        others = f"+{one.equal - 1}" if one.equal > 1 else ""
        yield (*head, f"{one.similarity:.2f}", _called(one), others, f"{one.path}:{one.line}")


def _called(one: Candidate) -> str:
    return f"{one.model} {one.owner}.{one.name}" if one.owner else f"{one.model} {one.name}"


def _plan_text(plan: Plan, library: ReferenceLibrary) -> list[str]:
    names = [library.models[number] for number in plan.parents]
    if not names:
        return ["Plan: inherit nothing; no model saves enough lines"]
    share = 100 * plan.lines_saved / max(plan.lines, 1)
    lines = [
        f"Plan: inherit from {', '.join(names)}; "
        f"saves about {plan.lines_saved} of {plan.lines} lines ({share:.0f}%)"
    ]
    lines += _table(
        ("class", "parent", "saved", "what to write"),
        [
            (one.name, _parent(one, library), f"{one.lines_saved}/{one.lines}", _work(one))
            for one in plan.classes
        ],
    )
    if plan.functions:
        functions = library.index.tables["function"]
        lines += ["", "Functions to import"]
        lines += _table(
            ("function", "model"),
            [
                (one.name, library.index.models[functions.files[one.source]])
                for one in plan.functions
            ],
        )
    if plan.written:
        lines += ["", f"Classes to write: {', '.join(plan.written)}"]
    return lines


def _parent(one: ClassPlan, library: ReferenceLibrary) -> str:
    table = library.index.tables["class"]
    return f"{library.index.models[table.files[one.parent]]} {table.units[one.parent].name}"


def _work(one: ClassPlan) -> str:
    if one.as_is:
        return "pass"
    parts = []
    for title, names in (
        ("override", one.overridden),
        ("add", one.added),
        ("set", one.set_attributes),
        ("delete", (*one.deleted, *one.deleted_attributes)),
    ):
        if names:
            parts.append(f"{title} {', '.join(names)}")
    return "; ".join(parts) or "pass, with other bases or decorators"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    ruled = [head, tuple("-" * width for width in widths), *rows]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in ruled
    ]
