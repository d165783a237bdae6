"""What each parent file could supply: for each class the shortest child that converts to it.

Everything is asked of the converter itself. `class Mine(Theirs): pass` shows what is inherited
under our names; the child that follows from the difference is then converted in turn, and counts
only when that gives the class back as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modular_converter.diagnostics.record import ConversionError
from modular_converter.library.index import Item
from parent_finder.modularize.child_class import EFFORTS, child_text
from parent_finder.modularize.class_text import class_text
from parent_finder.modularize.original import Original
from parent_finder.modularize.workbench import Workbench

# For each class, the attempts that are taken on to a proof.
_PROVEN = 4


@dataclass(frozen=True)
class ParentFile:
    """A file of a model to inherit from; ``module`` is how the modular imports it."""

    model: str
    file_type: str
    module: str
    path: str


@dataclass(frozen=True)
class Attempt:
    """Classes of one original by name, each with the class of a parent file to try as its base."""

    parent: ParentFile
    bases: Mapping[str, str]


@dataclass(frozen=True)
class Child:
    """A class proven to come back from ``text``; ``saved`` lines are not written."""

    base: str
    text: str
    saved: int


@dataclass(frozen=True)
class Offer:
    """The children of one parent file that can stand together, by the class's name."""

    parent: ParentFile
    children: Mapping[str, Child]


def offers(bench: Workbench, original: Original, attempts: Sequence[Attempt]) -> list[Offer]:
    """What each attempt gives, in the same order."""
    wanted = {
        piece.name: original.class_item(piece.name)
        for piece in original.pieces
        if piece.kind == "class"
    }
    inherited = _results(
        bench,
        original,
        [
            (one, {name: f"class {name}({base}):\n    pass\n" for name, base in one.bases.items()})
            for one in attempts
        ],
    )
    found: list[dict[str, Child]] = [{} for _ in attempts]
    promising = _promising(wanted, inherited, attempts)
    inherited = [seen if number in promising else {} for number, seen in enumerate(inherited)]
    for effort in EFFORTS:
        texts: list[dict[str, str]] = []
        for attempt, seen, done in zip(attempts, inherited, found, strict=True):
            open_names = [name for name in attempt.bases if name in seen and name not in done]
            written = {
                name: child_text(
                    class_text(wanted[name]), class_text(seen[name]), attempt.bases[name], effort
                )
                for name in open_names
            }
            texts.append({name: text for name, text in written.items() if text is not None})
        # Those that are proven already stay: they decide which name the parent is renamed to.
        trials = [
            (
                attempt,
                {**{name: child.text for name, child in done.items()}, **more} if more else {},
            )
            for attempt, more, done in zip(attempts, texts, found, strict=True)
        ]
        for results, more, attempt, done in zip(
            _results(bench, original, trials), texts, attempts, found, strict=True
        ):
            for name, text in more.items():
                if name in results and _same(wanted[name], results[name]):
                    saved = _lines(wanted[name].text) - _lines(text)
                    done[name] = Child(attempt.bases[name], text, saved)
    return [
        Offer(attempt.parent, {n: c for n, c in done.items() if c.saved > 0})
        for attempt, done in zip(attempts, found, strict=True)
    ]


def _promising(
    wanted: Mapping[str, Item], inherited: Sequence[Mapping[str, Item]], attempts: Sequence[Attempt]
) -> set[int]:
    """The attempts that seem to save most for any class: the others are not worth proving."""
    estimates: dict[str, list[tuple[int, int]]] = {}
    for number, (attempt, seen) in enumerate(zip(attempts, inherited, strict=True)):
        for name in attempt.bases.keys() & seen.keys():
            text = child_text(
                class_text(wanted[name]), class_text(seen[name]), attempt.bases[name], EFFORTS[0]
            )
            if text is not None and (saved := _lines(wanted[name].text) - _lines(text)) > 0:
                estimates.setdefault(name, []).append((-saved, number))
    return {number for listed in estimates.values() for _, number in sorted(listed)[:_PROVEN]}


def _lines(text: str) -> int:
    return sum(1 for line in text.split("\n") if line.strip())


def _same(wanted: Item, got: Item) -> bool:
    return (wanted.lead.strip("\n"), wanted.text) == (got.lead.strip("\n"), got.text)


def _results(
    bench: Workbench, original: Original, trials: Sequence[tuple[Attempt, Mapping[str, str]]]
) -> list[dict[str, Item]]:
    """The formatted classes that come of each trial's modular classes, by name."""
    texts: dict[str, str] = {}
    for number, (attempt, classes) in enumerate(trials):
        if classes:
            nodes = _nodes(bench, original, attempt, classes)
            texts[f"{number}/{original.file_type}_{bench.location.model_name}.py"] = "".join(
                nodes.values()
            )
    found: list[dict[str, Item]] = [{} for _ in trials]
    for key, done in bench.formatted(texts).items():
        try:
            index = bench.index(done.text)
        except ConversionError:
            continue
        found[int(key.partition("/")[0])] = dict(index.classes)
    return found


def _nodes(
    bench: Workbench, original: Original, attempt: Attempt, classes: Mapping[str, str]
) -> dict[str, str]:
    """The unformatted classes; where they cannot be converted together, those that can alone."""
    bases = sorted({attempt.bases[name] for name in classes})
    imported = f"from {attempt.parent.module} import {', '.join(bases)}\n"
    header = imported + "from x import no_inherit_decorator\n"
    try:
        outputs = bench.convert(header + "\n\n".join(("", *classes.values())))
    except (ConversionError, RecursionError):
        if len(classes) == 1:
            return {}
        names = list(classes)
        middle = len(names) // 2
        return {
            **_nodes(bench, original, attempt, {name: classes[name] for name in names[:middle]}),
            **_nodes(bench, original, attempt, {name: classes[name] for name in names[middle:]}),
        }
    return {
        node.name: f"\n\n{node.text}"
        for output in outputs.values()
        for node in output.nodes
        if node.name in classes
    }
