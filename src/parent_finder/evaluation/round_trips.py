"""Measures `modularize` on the files that handwritten modular files generate.

Each query is all files that one modular file generates, a modeling file among them, without their
banners. The modular file is hidden, and so are the models that inherit from the query's, and those
that were first released later than the query's and all parents that its modular names.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from modular_converter.library.context import ConversionContext
from parent_finder.corpus import source_file
from parent_finder.evaluation import ranking
from parent_finder.modularize import modularizer
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation

SCHEMA = 2


@dataclass(frozen=True)
class RoundTrip:
    """The result for one modular file.

    ``path`` is that of the modeling file that it generates, ``files`` counts all that it
    generates. ``human_lines`` are those of the handwritten modular file. ``models`` is `tune` or
    `test`. ``related`` says whether the handwritten modular names a parent in another model's
    modeling file, and ``available`` whether none of these is of a later release than the model.
    """

    path: str
    files: int
    models: str
    related: bool
    available: bool
    exact: bool
    lines: int
    human_lines: int
    original_lines: int
    cpu_seconds: float

    @property
    def ratio(self) -> float:
        """Our size over the handwritten one's."""
        return self.lines / self.human_lines


@dataclass(frozen=True)
class Summary:
    """Figures on a set of modular files.

    ``ratios`` are the quartiles of our size over the handwritten one's, ``largest`` is the largest.
    """

    files: str
    count: int
    exact: int
    ratios: list[float]
    largest: float
    seconds: float


def generated_files(library: ReferenceLibrary, root: str) -> list[tuple[str, str, bool]]:
    """Path and model of each generated modeling file, and whether it has parents."""
    related = {case.path for case in ranking.cases(library)}
    files = []
    for path, model in zip(library.index.paths, library.index.models, strict=True):
        origin = source_file.generated_from(_read(os.path.join(root, path)))
        if origin.rpartition("/")[2].startswith("modular_"):
            files.append((path, model, path in related))
    return files


def round_trips(
    library: ReferenceLibrary,
    root: str,
    wanted: str,
    files: Sequence[tuple[str, str, bool]],
    report: Callable[[RoundTrip, int, int], None],
) -> list[RoundTrip]:
    """Writes the modular of each file of the set `tune`, `test` or `all`, and proves it.

    ``report`` is called with each result, its number from 1, and how many there will be.
    """
    context = modularizer.context_for([root])
    chosen = [
        (path, model, related, models)
        for path, model, related in files
        if wanted in (models := ranking.split_of(library, model), "all")
    ]
    results = []
    for number, (path, model, related, models) in enumerate(chosen, 1):
        result = _round_trip(library, root, context, path, model, related, models)
        report(result, number, len(chosen))
        results.append(result)
    return results


def _round_trip(
    library: ReferenceLibrary,
    root: str,
    context: ConversionContext,
    path: str,
    model: str,
    related: bool,
    models: str,
) -> RoundTrip:
    full = os.path.join(root, path)
    texts, modular = generated_together(full)
    started = time.process_time() + _children_seconds()
    source = source_file.read(texts[full].encode(), path)
    situation = situation_of(library, path, model)
    done = modularizer.modularize(library, [root], texts, source, situation, (), context)
    seconds = time.process_time() + _children_seconds() - started
    return RoundTrip(
        path=path,
        files=len(texts),
        models=models,
        related=related,
        available=_available(library, path, library.situation_at_release(model)),
        exact=done.exact,
        lines=done.lines,
        human_lines=_read(modular).count("\n"),
        original_lines=done.original_lines,
        cpu_seconds=round(seconds, 2),
    )


def situation_of(library: ReferenceLibrary, path: str, model: str) -> Situation:
    """What was known when the handwritten modular was: all models of its newest parent's release.

    A model may have been given its modular file later than it was published.
    """
    now, owner = library.situation_of(model), library.by_model["class"].owner
    parents = frozenset().union(*library.lineage.expected.get(path, {}).values())
    ages = [library.age[owner[parent]] for parent in parents]
    release = max([library.releases.number(model), *map(int, ages)])
    return replace(now, release=release, allowed=now.allowed & (library.age <= release))


def _available(library: ReferenceLibrary, path: str, situation: Situation) -> bool:
    """Whether all parents that the handwritten modular names may be used."""
    owner = library.by_model["class"].owner
    parents = frozenset().union(*library.lineage.expected.get(path, {}).values())
    return all(situation.allowed[owner[parent]] for parent in parents)


def _children_seconds() -> float:
    used = os.times()
    return used.children_user + used.children_system


def generated_together(path: str) -> tuple[dict[str, str], str]:
    """A modeling file and what is generated with it, by path; and the path of their modular."""
    directory = os.path.dirname(path)
    texts = {path: _read(path)}
    origin = source_file.generated_from(texts[path])
    for name in sorted(os.listdir(directory)):
        other = os.path.join(directory, name)
        if name.endswith(".py") and source_file.generated_from(text := _read(other)) == origin:
            texts.setdefault(other, text)
    return texts, os.path.join(directory, os.path.basename(origin))


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def summaries(results: Sequence[RoundTrip]) -> list[Summary]:
    """Figures of each set of files that is not empty."""
    related = [result for result in results if result.related]
    sets = {
        "with parents": related,
        "with parents, in release 5.8.0 or before": [r for r in related if r.models == "tune"],
        "with parents, first released after 5.8.0": [r for r in related if r.models == "test"],
        "with parents, none of them later": [result for result in related if result.available],
        "without parents": [result for result in results if not result.related],
    }
    return [_summary(name, some) for name, some in sets.items() if some]


def _summary(name: str, results: Sequence[RoundTrip]) -> Summary:
    ratios = [result.ratio for result in results]
    quartiles = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return Summary(
        files=name,
        count=len(results),
        exact=sum(result.exact for result in results),
        ratios=[round(quartile, 3) for quartile in quartiles],
        largest=round(max(ratios), 3),
        seconds=round(statistics.median(result.cpu_seconds for result in results), 1),
    )


def as_text(results: Sequence[RoundTrip]) -> str:
    """A Markdown table with what was measured and how."""
    lines = [
        "Each query is all files that one modular file generates. Hidden are the modular file, "
        "models that inherit from the query's, and models that are later than both it and its "
        "parents. Exact: converting our modular gives every file back byte for byte. Size: lines "
        "of our modular over those of the handwritten one.",
        "",
        "| modular files | n | exact | % | size: quartile, median, quartile | largest "
        "| median CPU-s |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for summary in summaries(results):
        ratios = ", ".join(f"{ratio:.2f}" for ratio in summary.ratios)
        share = 100 * summary.exact / summary.count
        lines.append(
            f"| {summary.files} | {summary.count} | {summary.exact} | {share:.1f} | {ratios} "
            f"| {summary.largest:.2f} | {summary.seconds} |"
        )
    inexact = [result.path.rpartition("/")[2] for result in results if not result.exact]
    if inexact:
        lines += ["", f"Not exact: {', '.join(inexact)}."]
    return "\n".join(lines) + "\n"


def as_json(results: Sequence[RoundTrip]) -> dict[str, object]:
    """The form that `schemas/round-trips.schema.json` describes."""
    return {
        "schema": SCHEMA,
        "summaries": [vars(summary) for summary in summaries(results)],
        "files": [{**vars(result), "ratio": round(result.ratio, 3)} for result in results],
    }
