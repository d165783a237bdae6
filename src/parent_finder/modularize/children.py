"""What each parent file could supply: for each class the shortest child that converts to it.

Everything is asked of the converter itself. `class Mine(Theirs): pass` shows what is inherited
under our names; the child that follows from the difference is then converted in turn, and counts
only when that gives the class back as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modular_converter.diagnostics.record import ConversionError
from modular_converter.library.index import Item
from parent_finder.modularize.child_class import EFFORTS, child_text
from parent_finder.modularize.class_text import ClassText, class_text
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
    """A class proven to come back from ``text``; ``saved`` lines, at least 0, are not written."""

    base: str
    text: str
    saved: int


@dataclass(frozen=True)
class Offer:
    """The children of one parent file that can stand together, by the class's name."""

    parent: ParentFile
    children: Mapping[str, Child]


@dataclass(frozen=True, eq=False)
class _Trial:
    """An attempt with what `pass` inherits for each class, and the children proven so far."""

    attempt: Attempt
    inherited: Mapping[str, ClassText]
    children: dict[str, Child]

    def texts(self, wanted: Mapping[str, ClassText], effort: str) -> dict[str, str]:
        """The modular classes to try for those that are not proven yet."""
        texts = {
            name: child_text(wanted[name], inherited, self.attempt.bases[name], effort)
            for name, inherited in self.inherited.items()
            if name not in self.children
        }
        return {name: text for name, text in texts.items() if text is not None}


def offers(bench: Workbench, original: Original, attempts: Sequence[Attempt]) -> list[Offer]:
    """What each attempt gives, in the same order."""
    items = {
        piece.name: original.class_item(piece.name)
        for piece in original.pieces
        if piece.kind == "class"
    }
    wanted = {name: class_text(item) for name, item in items.items()}
    bare = [
        {name: f"class {name}({base}):\n    pass\n" for name, base in attempt.bases.items()}
        for attempt in attempts
    ]
    trials = [
        _Trial(attempt, {name: class_text(item) for name, item in results.items()}, {})
        for attempt, results in zip(
            attempts, _results(bench, original, attempts, bare), strict=True
        )
    ]
    promising = _promising(wanted, trials)
    for effort in EFFORTS:
        texts = [trial.texts(wanted, effort) if trial in promising else {} for trial in trials]
        texts = _formatted(bench, texts)
        # Those that are proven already stay: they decide which name the parent is renamed to.
        together = [
            {**{name: child.text for name, child in trial.children.items()}, **more} if more else {}
            for trial, more in zip(trials, texts, strict=True)
        ]
        results = _results(bench, original, attempts, together)
        for trial, more, converted in zip(trials, texts, results, strict=True):
            for name, text in more.items():
                if name in converted and _same(items[name], converted[name]):
                    saved = _lines(items[name].text) - _lines(text)
                    trial.children[name] = Child(trial.attempt.bases[name], text, saved)
    return [
        Offer(trial.attempt.parent, {n: c for n, c in trial.children.items() if c.saved >= 0})
        for trial in trials
    ]


def _formatted(bench: Workbench, texts: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """The classes as the formatter leaves them, which may move blank lines."""
    files = {
        f"{number}/modular_{bench.location.model_name}.py": "".join(
            f"\n\n{text}" for text in classes.values()
        )
        for number, classes in enumerate(texts)
        if classes
    }
    formatted: list[dict[str, str]] = [{} for _ in texts]
    for key, done in bench.formatted(files).items():
        number = int(key.partition("/")[0])
        try:
            classes = bench.index(done.text).classes
        except ConversionError:
            continue
        formatted[number] = {
            name: classes[name].lead.lstrip("\n") + classes[name].text
            for name in texts[number]
            if name in classes
        }
    return formatted


def _promising(wanted: Mapping[str, ClassText], trials: Sequence[_Trial]) -> list[_Trial]:
    """The trials that seem to save most for any class: the others are not worth proving."""
    estimates: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, trial in enumerate(trials):
        for name, text in trial.texts(wanted, EFFORTS[0]).items():
            if (saved := wanted[name].lines - _lines(text)) >= 0:
                estimates[name].append((-saved, number))
    numbers = {n for listed in estimates.values() for _, n in sorted(listed)[:_PROVEN]}
    return [trials[number] for number in sorted(numbers)]


def _lines(text: str) -> int:
    return sum(1 for line in text.split("\n") if line.strip())


def _same(wanted: Item, got: Item) -> bool:
    return (wanted.lead.strip("\n"), wanted.text) == (got.lead.strip("\n"), got.text)


def _results(
    bench: Workbench,
    original: Original,
    attempts: Sequence[Attempt],
    classes: Sequence[Mapping[str, str]],
) -> list[dict[str, Item]]:
    """The formatted classes that come of each attempt's modular classes, by name."""
    name = f"{original.file_type}_{bench.location.model_name}.py"
    texts = {
        f"{number}/{name}": "".join(_nodes(bench, attempt, own).values())
        for number, (attempt, own) in enumerate(zip(attempts, classes, strict=True))
        if own
    }
    results: list[dict[str, Item]] = [{} for _ in attempts]
    for key, done in bench.formatted(texts).items():
        try:
            index = bench.index(done.text)
        except ConversionError:
            continue
        results[int(key.partition("/")[0])] = dict(index.classes)
    return results


def _nodes(bench: Workbench, attempt: Attempt, classes: Mapping[str, str]) -> dict[str, str]:
    """The unformatted classes; where they cannot be converted together, those that can alone."""
    bases = sorted({attempt.bases[name] for name in classes})
    imported = f"from {attempt.parent.module} import {', '.join(bases)}\n"
    header = imported + "from x import no_inherit_decorator\n"
    try:
        nodes = bench.nodes(header + "\n\n".join(("", *classes.values())))
    except (ConversionError, RecursionError):
        if len(classes) == 1:
            return {}
        names = list(classes)
        middle = len(names) // 2
        return {
            **_nodes(bench, attempt, {name: classes[name] for name in names[:middle]}),
            **_nodes(bench, attempt, {name: classes[name] for name in names[middle:]}),
        }
    return {node.name: f"\n\n{node.text}" for node in nodes if node.name in classes}
