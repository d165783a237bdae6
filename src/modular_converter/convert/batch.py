"""Converting many modulars: parents before children, each child from its parents' fresh output.

Everything that can be converted is converted against what is visible (fresh outputs, else the
files on disk), then formatted in one go. Only children of files that turned out different from
what was visible are converted again, once their ancestors are settled.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from modular_converter.conventions.file_types import FILE_TYPES, generated_path
from modular_converter.convert.dependency_graph import ancestors, find_cycles, on_cycles
from modular_converter.convert.outline import Outline, outline_all
from modular_converter.convert.processes import Input, Outcome, Unreadable, outcomes_of
from modular_converter.convert.sound_files import sound_files
from modular_converter.diagnostics.record import ConversionError, Diagnostic
from modular_converter.emit.encoded_texts import EncodedTexts
from modular_converter.emit.formatter import Formatted, format_all
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import ModularLocation, find_module
from modular_converter.library.sources import Sources
from modular_converter.lint.renames import without_inherited

# Modulars for which another process is started.
_WORTH_A_PROCESS = 12

# Is called with how many modulars are converted, and how many there are to convert.
ReportProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class BatchResult:
    """Formatted texts by absolute path, with the modular that each is from, and findings.

    ``renamed`` has, by the name that messages give an output, the words and addresses that renaming
    made in it. ``converted`` counts conversions, ``rounds`` calls of the formatter.
    """

    texts: Mapping[str, str]
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
    # The files that each modular imports from, by its path.
    parents: dict[str, tuple[str, ...]]
    # Files without syntax errors, as far as that was looked for.
    sound: frozenset[str]
    texts: EncodedTexts = field(default_factory=EncodedTexts)
    converted: int = 0
    rounds: int = 0
    report_progress: ReportProgress | None = None


def run_batch(
    locations: Sequence[ModularLocation],
    context: ConversionContext,
    jobs: int = 1,
    renamed: Mapping[str, Collection[str]] | None = None,
    report_progress: ReportProgress | None = None,
) -> BatchResult:
    """Converts modulars in dependency order and formats their outputs.

    ``renamed`` is what an earlier batch gave for generated parents that are not converted now: what
    it has reported is not reported for their children.

    Bad input does not stop the others: its errors are in the result. Raises EnvironmentLack
    when the formatter is missing.
    """
    steps = batch_steps(locations, context, jobs, renamed, report_progress)
    try:
        texts = next(steps)
        while True:
            texts = steps.send(format_all(texts, context.profile, jobs))
    except StopIteration as end:
        result: BatchResult = end.value
        return result


def batch_steps(
    locations: Sequence[ModularLocation],
    context: ConversionContext,
    jobs: int = 1,
    renamed: Mapping[str, Collection[str]] | None = None,
    report_progress: ReportProgress | None = None,
) -> Generator[EncodedTexts, dict[str, Formatted], BatchResult]:
    """As ``run_batch``, with the formatting left to the caller, who can share it among batches.

    Yields unformatted texts by keys that are relative paths, and is sent the formatted ones by
    the same keys.
    """
    sources = context.sources
    paths = [location.path for location in locations]
    promised = sources.promised.copy()
    sources.leave_for_later(paths)
    try:
        return (yield from _batch_steps(locations, context, jobs, renamed or {}, report_progress))
    except Unreadable:
        # As if it had not been found out so late: some outline has an error.
        sources.promised = promised
        sources.read_at_once(paths)
        return (yield from _batch_steps(locations, context, jobs, renamed or {}, report_progress))


def _batch_steps(
    locations: Sequence[ModularLocation],
    context: ConversionContext,
    jobs: int,
    renamed: Mapping[str, Collection[str]],
    report_progress: ReportProgress | None,
) -> Generator[EncodedTexts, dict[str, Formatted], BatchResult]:
    sources = context.sources
    outlines = outline_all(locations, sources, context.table, context.profile)
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
    sources.promise(producers)
    edges = _edges(good, producers, context)
    for cycle in find_cycles(edges):
        findings.append(_cycle_error(cycle, good, producers, context))
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
    parents = {outline.location.path: _parent_paths(outline, context) for outline in good}
    sound = _leave_parents_for_later(parents, sources)
    state = _State(context, jobs, tasks, edges, parents, sound, report_progress=report_progress)
    yield from _run_rounds(state)
    origin = {path: tasks[producers[path]].location for path in state.texts}
    made = {
        context.sources.label(path): task.renamed
        for task in tasks.values()
        for path in task.outputs
        if not task.failed
    }
    for task in tasks.values():
        findings += without_inherited(task.findings, {**renamed, **made})
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
        parents = _parent_paths(outline, context)
        producing = {producers[path]: None for path in parents if path in producers}
        edges[own] = list(producing)
    return edges


def _parent_paths(outline: Outline, context: ConversionContext) -> tuple[str, ...]:
    """The files that a modular imports from, without those that are not found."""
    roots = [outline.location.source_root, *context.search_roots]
    paths = (find_module(parent.dotted, roots, context.sources) for parent in outline.parents)
    return tuple(dict.fromkeys(path for path in paths if path is not None))


def _leave_parents_for_later(
    parents: Mapping[str, tuple[str, ...]], sources: Sources
) -> frozenset[str]:
    """Finds out which modulars, parents and handwritten files beside them have no syntax error.

    If they are many: these need not be read whole for that.
    """
    if len(parents) < _WORTH_A_PROCESS:
        return frozenset()
    beside = (generated_path(path, kind) for path in parents for kind in FILE_TYPES)
    paths = dict.fromkeys(
        [*parents, *(path for listed in parents.values() for path in listed), *beside]
    )
    sound = sound_files(path for path in paths if sources.is_on_disk(path))
    sources.leave_for_later(sound)
    return sound


def _cycle_error(
    cycle: list[str],
    outlines: Iterable[Outline],
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


def _run_rounds(state: _State) -> Generator[EncodedTexts, dict[str, Formatted], None]:
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
        for path in (yield from _convert_round(state, ready, len(pending))):
            pending.update(dict.fromkeys(children[path]))


def _all_visible(state: _State, path: str) -> bool:
    sources = state.context.sources
    return all(
        sources.is_readable(output)
        for parent in state.edges[path]
        for output in state.tasks[parent].outputs
    )


def _convert_round(
    state: _State, ready: list[str], waiting: int
) -> Generator[EncodedTexts, dict[str, Formatted], list[str]]:
    """Converts and formats; returns the modulars with an output unlike what was visible.

    ``waiting`` is how many have to wait for these.
    """
    sources = state.context.sources
    raw = EncodedTexts()
    changed: dict[str, None] = {}
    before, total = state.converted, state.converted + len(ready) + waiting

    def report(done: int) -> None:
        if state.report_progress is not None:
            state.report_progress(before + done, total)

    outcomes = _outcomes(state, ready, looks_up_names=False, report=report)
    for path, outcome in zip(ready, outcomes, strict=True):
        task = state.tasks[path]
        state.converted += 1
        if isinstance(outcome, Unreadable):
            raise outcome
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
    keys = {f"{number}/{os.path.basename(path)}": path for number, path in enumerate(raw)}
    texts = EncodedTexts()
    for key, path in keys.items():
        texts[key] = raw.pop(path)
    by_key = yield texts
    formatted = {path: by_key[key] for key, path in keys.items()}
    doubtful = [owner[path] for path, written in formatted.items() if written.has_undefined_names]
    _look_up_names(state, list(dict.fromkeys(doubtful)))
    for output, written in formatted.items():
        if written.problem:
            _refuse(state, owner[output], output, written.problem)
            continue
        state.texts.put_encoded(output, written.data)
        if sources.differs(output, written.data):
            sources.put(output, written.text)
            changed[owner[output]] = None
    return list(changed)


def _look_up_names(state: _State, paths: list[str]) -> None:
    """Replaces the findings of modulars by those that also say which names resolve nowhere.

    They are converted again for that: ruff says cheaply that there are such names, but not where
    these come from.
    """
    outcomes = _outcomes(state, paths, looks_up_names=True, report=_report_nothing)
    for path, outcome in zip(paths, outcomes, strict=True):
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


def _report_nothing(_done: int) -> None:
    pass


def _outcomes(
    state: _State, ready: list[str], *, looks_up_names: bool, report: Callable[[int], None]
) -> list[Outcome | ConversionError]:
    """What comes of modulars, in the same order; ``report`` is called with how many are done."""
    ordered = _by_largest_parent(state, ready)
    inputs = [
        Input(state.tasks[path].location, state.parents[path], path in state.sound)
        for path in ordered
    ]
    jobs = state.jobs if len(inputs) >= _WORTH_A_PROCESS else 1
    outcomes = dict(
        zip(ordered, outcomes_of(inputs, state.context, jobs, looks_up_names, report), strict=True)
    )
    return [outcomes[path] for path in ready]


def _by_largest_parent(state: _State, paths: list[str]) -> list[str]:
    """The modulars with those of one parent one after another, so that it is released soon."""
    size = {
        parent: os.path.getsize(parent) if os.path.isfile(parent) else 0
        for parent in {parent for path in paths for parent in state.parents[path]}
    }

    def key(path: str) -> tuple[int, str, str]:
        largest = max(((size[parent], parent) for parent in state.parents[path]), default=(0, ""))
        return (*largest, path)

    return sorted(paths, key=key)
