"""An answer as text for people, and as JSON for tools."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from parent_finder.ranking.answer import Answer, Candidate, UnitAnswer
from parent_finder.ranking.plan import ClassPlan, Plan
from parent_finder.ranking.reference_library import ReferenceLibrary
from toolkit.tables import ruled_table

SCHEMA = 1


def as_json(answer: Answer, library: ReferenceLibrary) -> dict[str, Any]:
    """The form that `schemas/rank.schema.json` describes."""
    return {
        "schema": SCHEMA,
        "path": answer.path,
        "model": answer.model,
        "lines": answer.lines,
        "generated_from": answer.generated_from or None,
        "probability": answer.probability,
        "verdict": answer.verdict,
        "known": answer.known,
        "similar": answer.verdict != "nothing",
        "models": [vars(model) for model in answer.models],
        "units": [
            {**vars(unit), "candidates": [vars(candidate) for candidate in unit.candidates]}
            for unit in answer.units
        ],
        "plan": _plan_json(answer.plan, library) if answer.plan.parents else None,
    }


def _plan_json(plan: Plan, library: ReferenceLibrary) -> dict[str, Any]:
    classes, functions = library.index.tables["class"], library.index.tables["function"]
    return {
        "parents": [library.models[number] for number in plan.parents],
        "lines": plan.lines,
        "lines_saved": plan.lines_saved,
        "classes": [
            {
                **vars(class_plan),
                "parent": classes.units[class_plan.parent].name,
                "model": library.index.models[classes.files[class_plan.parent]],
                "path": library.index.paths[classes.files[class_plan.parent]],
            }
            for class_plan in plan.classes
        ],
        "functions": [
            {
                "name": function.name,
                "model": library.index.models[functions.files[function.source]],
                "path": library.index.paths[functions.files[function.source]],
                "lines_saved": function.lines_saved,
            }
            for function in plan.functions
        ],
        "written": list(plan.written),
    }


# The headings say what the columns mean: nobody should need another page for that.
_MODELS = (
    "Models, the likeliest parent first",
    "score: 0 for the first; one less is 2.7 times less likely (a natural logarithm)",
    "covered: the share of this file, from 0 to 1, that is similar in the model",
)
_UNITS = (
    "Classes, methods and functions, each with its candidates",
    "similarity: 1 is the same code, 0 has nothing in common",
    "equal: how many more have the candidate's code",
)
_PROBABILITY = (
    "probability: of files with this evidence, how many would be written as modular files, among "
    "as many modular files as others"
)
# Lines and columns of the default text: a screen.
_SCREEN = 24
_WIDTH = 100


def as_text(answer: Answer, library: ReferenceLibrary, *, everything: bool) -> str:
    """The tables for a person: at most a screen, or ``everything``."""
    head = [*_verdict(answer, library), ""]
    models = [*(_MODELS if everything else _MODELS[1:]), *_models_table(answer)]
    if everything:
        lines = [*head, _PROBABILITY, "", *models, "", *_UNITS]
        lines += ruled_table(
            ("line", "unit", "similarity", "candidate", "equal", "place"),
            [row for unit in answer.units for row in _unit_rows(unit)],
        )
        if answer.plan.parents:
            lines += ["", *_plan_text(answer.plan, library)]
        return "\n".join(line.rstrip() for line in lines) + "\n"
    lines = [*head, *models, ""]
    # The last line says what is missing.
    rest = _plan_table(answer.plan, library) if answer.plan.parents else _class_table(answer)
    room = max(_SCREEN - len(lines) - 1, 4)
    lines += [_cut(line) for line in rest[:room]]
    hidden = f"{len(rest) - room} more classes, " if len(rest) > room else ""
    lines.append(f"{hidden}methods, functions and further candidates: --all, or --json")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _verdict(answer: Answer, library: ReferenceLibrary) -> list[str]:
    """What the evidence says, and what follows."""
    parents = ", ".join(library.models[number] for number in answer.plan.parents)
    stated = f"{answer.path}: {answer.lines} lines; probability of a parent {_percent(answer)}"
    saved = (
        f"inheriting from {parents} would save about {answer.plan.lines_saved} lines"
        if parents
        else "no model saves enough lines to inherit from"
    )
    if answer.verdict == "nothing":
        return [f"{stated}: nothing similar", f"the most that was found: {saved}"]
    weak = "the evidence is weak: " if answer.verdict == "weak" else ""
    hint = "hint: `modularize` writes the modular file, and proves it"
    return [stated, f"{weak}{saved}", *([hint] if parents else [])]


def _percent(answer: Answer) -> str:
    # Certainty is not to be had from some hundred files.
    return f"{min(max(100 * answer.probability, 1), 99):.0f} %"


def _models_table(answer: Answer) -> list[str]:
    rows = [(m.model, f"{m.score:.2f}", f"{m.covered:.2f}") for m in answer.models]
    return ruled_table(("model", "score", "covered"), rows)


def _class_table(answer: Answer) -> list[str]:
    """The best candidate of each class."""
    rows = [
        (unit.name, f"{best.similarity:.2f}", _called(best))
        for unit in answer.units
        if unit.kind == "class"
        for best in unit.candidates[:1]
    ]
    return ruled_table(("class", "similarity", "candidate"), rows) if rows else []


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def _unit_rows(unit: UnitAnswer) -> Iterable[tuple[str, ...]]:
    name = f"  {unit.name}()" if unit.kind == "method" else unit.name
    if unit.kind == "function":
        name += "()"
    if not unit.candidates:
        yield str(unit.line), name, "-", "-", "-", "-"
    for rank, candidate in enumerate(unit.candidates):
        head = (str(unit.line), name) if rank == 0 else ("", "")
        others = f"+{candidate.equal - 1}" if candidate.equal > 1 else ""
        yield (
            *head,
            f"{candidate.similarity:.2f}",
            _called(candidate),
            others,
            f"{candidate.path}:{candidate.line}",
        )


def _called(candidate: Candidate) -> str:
    return (
        f"{candidate.model} {candidate.owner}.{candidate.name}"
        if candidate.owner
        else f"{candidate.model} {candidate.name}"
    )


def _plan_text(plan: Plan, library: ReferenceLibrary) -> list[str]:
    names = [library.models[number] for number in plan.parents]
    share = 100 * plan.lines_saved / max(plan.lines, 1)
    lines = [
        f"Plan: inherit from {', '.join(names)}; "
        f"saves about {plan.lines_saved} of {plan.lines} lines ({share:.0f} %)"
    ]
    lines += _plan_table(plan, library)
    if plan.functions:
        functions = library.index.tables["function"]
        lines += ["", "Functions to import"]
        lines += ruled_table(
            ("function", "model"),
            [
                (planned.name, library.index.models[functions.files[planned.source]])
                for planned in plan.functions
            ],
        )
    if plan.written:
        lines += ["", f"Classes to write: {', '.join(plan.written)}"]
    return lines


def _plan_table(plan: Plan, library: ReferenceLibrary) -> list[str]:
    return ruled_table(
        ("class", "parent", "saved", "what to write"),
        [
            (
                planned.name,
                _parent(planned, library),
                f"{planned.lines_saved}/{planned.lines}",
                _work(planned),
            )
            for planned in plan.classes
        ],
    )


def _parent(class_plan: ClassPlan, library: ReferenceLibrary) -> str:
    table, number = library.index.tables["class"], class_plan.parent
    return f"{library.index.models[table.files[number]]} {table.units[number].name}"


def _work(class_plan: ClassPlan) -> str:
    if class_plan.as_is:
        return "pass"
    parts = []
    for title, names in (
        ("override", class_plan.overridden),
        ("add", class_plan.added),
        ("set", class_plan.set_attributes),
        ("delete", (*class_plan.deleted, *class_plan.deleted_attributes)),
    ):
        if names:
            parts.append(f"{title} {', '.join(names)}")
    return "; ".join(parts) or "pass, with other bases or decorators"
