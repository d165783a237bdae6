"""Converting many modulars: parents before children, each child from its parents' fresh output.

Everything that can be converted is converted against what is visible (fresh outputs, else the
files on disk), then formatted in one go. Only children of files that turned out different from
what was visible are converted again, once their ancestors are settled.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import ClassVar

from modular_converter.convert.dependency_graph import ancestors, find_cycles, on_cycles
from modular_converter.convert.model import Conversion, convert
from modular_converter.convert.outline import Outline, outline_all
from modular_converter.diagnostics.record import ConversionError, Diagnostic, error
from modular_converter.emit.formatter import Formatted, format_all
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import ModularLocation, find_module
from modular_converter.lint.renames import without_inherited

_WORTH_A_POOL = 12


@dataclass(frozen=True)
class BatchResult:
    """Formatted texts by absolute path, with the modular that each is from, and findings.

    ``renamed`` has, by the name that messages give an output, the words and addresses that renaming
    made in it. ``converted`` counts conversions, ``rounds`` calls of the formatter.
    """

    texts: dict[str, str]
    origin: dict[str, ModularLocation]
    diagnostics: tuple[Diagnostic, ...]
    converted: int
    rounds: int
    renamed: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether any finding is an error."""
        return any(finding.severity == "error" for finding in self.diagnostics)


@dataclass(eq=False)
class _Task:
    location: ModularLocation
    outputs: dict[str, str]
    findings: tuple[Diagnostic, ...] = ()
    failed: bool = False
    parents: tuple[str, ...] = ()
    renamed: frozenset[str] = frozenset()


@dataclass(eq=False)
class _State:
    context: ConversionContext
    jobs: int
    tasks: dict[str, _Task]
    edges: dict[str, list[str]]
    texts: dict[str, str] = field(default_factory=dict)
    converted: int = 0
    rounds: int = 0


def run_batch(
    locations: Sequence[ModularLocation],
    context: ConversionContext,
    jobs: int = 1,
    renamed: Mapping[str, Collection[str]] | None = None,
) -> BatchResult:
    """Converts modulars in dependency order and formats their outputs.

    ``renamed`` is what an earlier batch gave for generated parents that are not converted now: what
    it has reported is not reported for their children.

    Bad input does not stop the others: its errors are in the result. Raises EnvironmentLack
    when the formatter is missing.
    """
    outlines = outline_all(locations, context.sources, context.table, context.profile)
    findings = [outline.error for outline in outlines if outline.error is not None]
    good = [outline for outline in outlines if outline.error is None]
    producers = _producers(good)
    findings += [
        finding
        for outline in good
        if not outline.outputs
        for finding in context.sources.index(outline.location.path).ignores.visible(
            [_nothing_produced(outline, context)]
        )
    ]
    context.sources.promised.update(producers)
    edges = _edges(good, producers, context)
    for cycle in find_cycles(edges):
        findings.append(_cycle_error(cycle, good, edges, producers, context))
    stuck = on_cycles(edges)
    edges = {
        path: [parent for parent in parents if parent not in stuck]
        for path, parents in edges.items()
        if path not in stuck
    }
    tasks = {
        outline.location.path: _Task(outline.location, {p: t for t, p in outline.outputs})
        for outline in good
        if outline.location.path not in stuck
    }
    state = _State(context, jobs, tasks, edges)
    _run_rounds(state)
    origin = {path: tasks[producers[path]].location for path in state.texts}
    made = {
        context.sources.label(path): task.renamed
        for task in tasks.values()
        for path in task.outputs
        if not task.failed
    }
    for task in tasks.values():
        findings += without_inherited(task.findings, {**(renamed or {}), **made})
    return BatchResult(
        state.texts,
        origin,
        tuple(sorted(findings, key=Diagnostic.sort_key)),
        state.converted,
        state.rounds,
        made,
    )


def _nothing_produced(outline: Outline, context: ConversionContext) -> Diagnostic:
    return Diagnostic(
        "nothing-produced",
        "warning",
        context.sources.label(outline.location.path),
        1,
        0,
        "the modular file defines no class and no entry of `__all__`, so no file comes of it",
        "define a class",
    )


def _producers(outlines: Iterable[Outline]) -> dict[str, str]:
    return {path: outline.location.path for outline in outlines for _, path in outline.outputs}


def _edges(
    outlines: Iterable[Outline], producers: dict[str, str], context: ConversionContext
) -> dict[str, list[str]]:
    """The modulars of the batch that each modular's parents come from."""
    edges: dict[str, list[str]] = {}
    for outline in outlines:
        own = outline.location.path
        roots = [outline.location.source_root, *context.search_roots]
        producing: dict[str, None] = {}
        for parent in outline.parents:
            path = find_module(parent.dotted, roots, context.sources)
            producer = producers.get(path) if path else None
            if producer is not None:
                producing[producer] = None
        edges[own] = list(producing)
    return edges


def _cycle_error(
    cycle: list[str],
    outlines: Iterable[Outline],
    edges: dict[str, list[str]],
    producers: dict[str, str],
    context: ConversionContext,
) -> Diagnostic:
    start = min(range(len(cycle)), key=lambda position: cycle[position])
    ordered = cycle[start:] + cycle[:start]
    sources = context.sources
    labels = [sources.label(path) for path in [*ordered, ordered[0]]]
    first = next(outline for outline in outlines if outline.location.path == ordered[0])
    node = None
    roots = [first.location.source_root, *context.search_roots]
    for parent in first.parents:
        path = find_module(parent.dotted, roots, sources)
        if path and producers.get(path) == ordered[1 % len(ordered)]:
            node = parent.node
            break
    return sources.index(first.location.path).source.diagnostic(
        "cycle",
        "modular files inherit from each other in a cycle: " + " -> ".join(labels),
        node,
        hint="write the shared classes out in one of them",
    )


def _run_rounds(state: _State) -> None:
    before = ancestors(state.edges)
    pending = dict.fromkeys(state.tasks)
    children: dict[str, list[str]] = {path: [] for path in state.tasks}
    for child, parents in state.edges.items():
        for parent in parents:
            children[parent].append(child)
    first = True
    while pending:
        if first:
            ready = [path for path in pending if _all_visible(state, path)]
            first = False
        else:
            ready = [path for path in pending if not before[path] & pending.keys()]
        for path in ready:
            del pending[path]
        for path in _convert_round(state, ready):
            pending.update(dict.fromkeys(children[path]))


def _all_visible(state: _State, path: str) -> bool:
    sources = state.context.sources
    return all(
        sources.is_readable(output)
        for parent in state.edges[path]
        for output in state.tasks[parent].outputs
    )


def _convert_round(state: _State, ready: list[str]) -> list[str]:
    """Converts and formats; returns the modulars with an output unlike what was visible."""
    sources = state.context.sources
    raw: dict[str, str] = {}
    changed: dict[str, None] = {}
    for path, outcome in zip(ready, _outcomes(state, ready, looks_up_names=False), strict=True):
        task = state.tasks[path]
        state.converted += 1
        if isinstance(outcome, ConversionError):
            task.findings, task.failed = outcome.diagnostics, True
            for output in task.outputs:
                state.texts.pop(output, None)
            continue
        texts, task.findings, task.renamed = outcome
        task.failed = False
        raw.update(texts)
    if not raw:
        return []
    state.rounds += 1
    owner = {output: path for path in ready for output in state.tasks[path].outputs}
    formatted = _formatted(state, raw)
    doubtful = [owner[path] for path, written in formatted.items() if written.has_undefined_names]
    _look_up_names(state, list(dict.fromkeys(doubtful)))
    for output, written in formatted.items():
        if written.problem:
            _refuse(state, owner[output], output, written.problem)
            continue
        text = written.text
        state.texts[output] = text
        if not sources.is_readable(output) or sources.text(output) != text:
            sources.put(output, text)
            changed[owner[output]] = None
    return list(changed)


def _formatted(state: _State, raw: Mapping[str, str]) -> dict[str, Formatted]:
    """The formatted outputs by path."""
    keys = {f"{number}/{os.path.basename(path)}": path for number, path in enumerate(raw)}
    formatted = format_all(
        {key: raw[path] for key, path in keys.items()}, state.context.profile, state.jobs
    )
    return {path: formatted[key] for key, path in keys.items()}


def _look_up_names(state: _State, paths: list[str]) -> None:
    """Replaces the findings of modulars by those that also say which names resolve nowhere.

    They are converted again for that: ruff says cheaply that there are such names, but not where
    these come from.
    """
    for path, outcome in zip(paths, _outcomes(state, paths, looks_up_names=True), strict=True):
        if not isinstance(outcome, ConversionError):
            _, state.tasks[path].findings, state.tasks[path].renamed = outcome


def _refuse(state: _State, modular: str, output: str, problem: str) -> None:
    """Records that an output cannot be formatted."""
    task = state.tasks[modular]
    task.failed = True
    task.findings += (
        Diagnostic(
            "invalid-output",
            "error",
            state.context.sources.label(modular),
            0,
            0,
            f"the text generated for {os.path.basename(output)} cannot be formatted: {problem}",
            "look for overridden members whose text only makes sense elsewhere",
        ),
    )


Outcome = tuple[dict[str, str], tuple[Diagnostic, ...], frozenset[str]]


def _outcomes(
    state: _State, ready: list[str], *, looks_up_names: bool
) -> list[Outcome | ConversionError]:
    locations = [state.tasks[path].location for path in ready]
    if state.jobs < 2 or len(locations) < _WORTH_A_POOL or not hasattr(os, "fork"):
        return [
            _outcome(location, state.context, looks_up_names=looks_up_names)
            for location in locations
        ]
    size = -(-len(locations) // (state.jobs * 4))
    chunks = [locations[start : start + size] for start in range(0, len(locations), size)]
    with ProcessPoolExecutor(
        state.jobs, get_context("fork"), _Worker.begin, (state.context, looks_up_names)
    ) as pool:
        return [outcome for chunk in pool.map(_Worker.outcomes, chunks) for outcome in chunk]


class _Worker:
    """A forked process: it inherits the context, with everything indexed so far, unpickled."""

    context: ClassVar[ConversionContext]
    looks_up_names: ClassVar[bool]

    @classmethod
    def begin(cls, context: ConversionContext, looks_up_names: bool) -> None:
        """Keeps what all of the process's tasks need."""
        cls.context = context
        cls.looks_up_names = looks_up_names

    @classmethod
    def outcomes(cls, locations: list[ModularLocation]) -> list[Outcome | ConversionError]:
        """Converts a chunk of the batch."""
        return [
            _outcome(location, cls.context, looks_up_names=cls.looks_up_names)
            for location in locations
        ]


def _outcome(
    location: ModularLocation, context: ConversionContext, *, looks_up_names: bool
) -> Outcome | ConversionError:
    try:
        conversion: Conversion = convert(location, context, looks_up_names=looks_up_names)
    except ConversionError as problem:
        return problem
    except RecursionError:
        return error(
            "too-deep",
            context.sources.label(location.path),
            "the file or a parent of it is nested too deeply to be converted",
            hint="split its deepest expression into several statements",
        )
    texts = {
        conversion.output_path(file_type): output.text
        for file_type, output in conversion.outputs.items()
    }
    return texts, conversion.warnings, conversion.renamed
