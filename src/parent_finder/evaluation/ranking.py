"""Measures rankers against the parents that modular files name.

Each modular file of a library is hidden in turn. What was generated from it is the query; the
models that its classes inherit from are the expected answer. There are two protocols:

- ``earlier``: models whose first release is not after the query's, less the query and all that
  inherits from it. This is what its author could know.
- ``all``: every model, less the query and all that inherits from it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from parent_finder.corpus import source_file
from parent_finder.evaluation import baselines, calibration
from parent_finder.evaluation.calibration import Calibration, JudgedFile
from parent_finder.ranking import comparison
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation

# Weights and thresholds are chosen on models that this release has already.
TUNED_UNTIL = "5.8.0"
PROTOCOLS = ("earlier", "all")
METRICS = (
    "any parent model @1",
    "any parent model @3",
    "any parent model @5",
    "main parent model @5",
    "model MRR",
    "class or ancestor @1",
    "class or ancestor @5",
    "class @1",
    "class @5",
)
# A parent model counts if it is among so many; `any parent model` and `main parent model`.
_PLACES = (1, 3, 5)
_MAIN_PLACES = 5
_RESAMPLES = 2000
_COPIED = b"Copied from"


@dataclass(frozen=True)
class Estimate:
    """A mean over models with the bounds of its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """A ranker's figures on a set of models under a protocol; a metric may not apply."""

    ranker: str
    protocol: str
    models: str
    figures: dict[str, Estimate | None]


@dataclass(frozen=True)
class Evaluation:
    """All figures. ``sizes`` has for each set the number of models and of classes."""

    tuned_until: str
    newest: str
    sizes: dict[str, tuple[int, int]]
    rows: tuple[Row, ...]
    calibration: Calibration


@dataclass
class _Tally:
    """One number for each model; None if a metric does not apply to it."""

    values: dict[str, list[float | None]] = field(
        default_factory=lambda: {name: [] for name in METRICS}
    )


@dataclass(frozen=True)
class Case:
    """A generated file with the true parents of its classes, by the class's name."""

    path: str
    model: str
    parents: dict[str, frozenset[int]]


def cases(library: ReferenceLibrary) -> list[Case]:
    """All generated files with parents in other models, in order of their paths."""
    models = dict(zip(library.index.paths, library.index.models, strict=True))
    return [Case(p, models[p], own) for p, own in sorted(library.lineage.expected.items())]


def split_of(library: ReferenceLibrary, model: str) -> str:
    """The set that a model belongs to: `tune` or `test`."""
    last = library.releases.number_of(TUNED_UNTIL)
    return "tune" if library.releases.number(model) <= last else "test"


def situation_of(library: ReferenceLibrary, model: str, protocol: str) -> Situation:
    """What is known about a model's question under a protocol."""
    earlier = library.situation_at_release(model)
    if protocol == "earlier":
        return earlier
    return replace(earlier, allowed=library.situation_of(model).allowed)


def evaluate(
    library: ReferenceLibrary,
    root: str,
    wanted: str,
    report_progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Measures all rankers on the set `tune` or `test`, or on both (`all`).

    ``report_progress`` is called with how many files are done, and how many there are.
    """
    sets = ("tune", "test") if wanted == "all" else (wanted,)
    chosen = [case for case in cases(library) if split_of(library, case.model) in sets]
    tallies: dict[tuple[str, str, str], _Tally] = {}
    judged: list[JudgedFile] = []
    sizes = dict.fromkeys(sets, (0, 0))
    unrelated = [
        (path, model)
        for path, model in unrelated_files(library, root)
        if split_of(library, model) in sets
    ]
    done = itertools.count(1)

    def report() -> None:
        if report_progress is not None:
            report_progress(next(done), len(chosen) + len(unrelated))

    for case in chosen:
        split = split_of(library, case.model)
        sizes[split] = (sizes[split][0] + 1, sizes[split][1] + len(case.parents))
        compared = compare_file(library, root, case.path)
        for protocol in PROTOCOLS:
            situation = situation_of(library, case.model, protocol)
            if protocol == "earlier":
                judged.append(calibration.judge(library, compared, situation, split, related=True))
            _add(tallies, ("a perfect ranker", protocol, split), _ceiling(library, case, situation))
            blind = _blind_ceiling(library, case, situation)
            _add(tallies, ("perfect, equal code by lot", protocol, split), blind)
            for ranker in baselines.RANKERS:
                ranking = ranker.rank(library, compared, situation)
                figures = _measure(library, case, compared, ranking)
                _add(tallies, (ranker.name, protocol, split), figures)
        report()
    for path, model in unrelated:
        split = split_of(library, model)
        compared = compare_file(library, root, path)
        if compared.queries["class"].units:
            situation = situation_of(library, model, "earlier")
            judged.append(calibration.judge(library, compared, situation, split, related=False))
        report()
    return Evaluation(
        tuned_until=TUNED_UNTIL,
        newest=library.releases.names[-1],
        sizes=sizes,
        rows=tuple(
            Row(*key, {name: _estimate(values) for name, values in tally.values.items()})
            for key, tally in tallies.items()
        ),
        calibration=calibration.measure(judged),
    )


def unrelated_files(library: ReferenceLibrary, root: str) -> Iterable[tuple[str, str]]:
    """Path and model of the files of models that were written without another one's code.

    These have no modular file, and do not say that they copy anything.
    """
    modular = {
        path.rpartition("/")[0]
        for path, origins in library.index.origins.items()
        if origins.parents
    }
    for path, model in zip(library.index.paths, library.index.models, strict=True):
        if path.rpartition("/")[0] not in modular:
            with open(os.path.join(root, path), "rb") as file:
                if _COPIED not in file.read():
                    yield path, model


def compare_file(library: ReferenceLibrary, root: str, path: str) -> Comparison:
    """Compares a file of the library with the library."""
    with open(os.path.join(root, path), "rb") as file:
        return comparison.compare(library.index, source_file.read(file.read(), path))


def _add(
    tallies: dict[tuple[str, str, str], _Tally],
    key: tuple[str, str, str],
    figures: dict[str, float],
) -> None:
    values = tallies.setdefault(key, _Tally()).values
    for name in METRICS:
        values[name].append(figures.get(name))


def true_models(library: ReferenceLibrary, case: Case) -> list[int]:
    """The models of a case's true parents by number, the one of most classes first."""
    owner = library.by_model["class"].owner
    votes: dict[int, int] = {}
    for parents in case.parents.values():
        for parent in parents:
            votes[int(owner[parent])] = votes.get(int(owner[parent]), 0) + 1
    return sorted(votes, key=lambda n: (-votes[n], library.age[n], n))


def _measure(
    library: ReferenceLibrary, case: Case, compared: Comparison, ranking: baselines.Ranking
) -> dict[str, float]:
    true = true_models(library, case)
    places = [rank for rank, model in enumerate(ranking.models, 1) if model in true]
    figures = {
        **{f"any parent model @{n}": float(bool(places) and places[0] <= n) for n in _PLACES},
        f"main parent model @{_MAIN_PLACES}": float(true[0] in ranking.models[:_MAIN_PLACES]),
        "model MRR": 1 / places[0] if places else 0.0,
    }
    classes: dict[str, list[float]] = {name: [] for name in METRICS if name.startswith("class")}
    for position, unit in enumerate(compared.queries["class"].units):
        parents = case.parents.get(unit.name)
        groups = ranking.classes(position) if parents else []
        if not parents or not groups:
            continue
        line = library.lineage.with_ancestors(parents)
        for top in (1, 5):
            members = {member for group in groups[:top] for member in group}
            heads = {group[0] for group in groups[:top]}
            classes[f"class or ancestor @{top}"].append(float(not line.isdisjoint(members)))
            classes[f"class @{top}"].append(float(not parents.isdisjoint(heads)))
    return figures | {name: float(np.mean(hits)) for name, hits in classes.items() if hits}


def _ceiling(library: ReferenceLibrary, case: Case, situation: Situation) -> dict[str, float]:
    """What the best order of the allowed candidates reaches: all else is unreachable."""
    owner = library.by_model["class"].owner
    true = true_models(library, case)
    reachable = float(any(situation.allowed[number] for number in true))
    strict, line = [], []
    for parents in case.parents.values():
        family = library.lineage.with_ancestors(parents)
        strict.append(float(any(situation.allowed[owner[parent]] for parent in parents)))
        line.append(float(any(situation.allowed[owner[number]] for number in family)))
    return {
        **{f"any parent model @{n}": reachable for n in _PLACES},
        "main parent model @5": float(situation.allowed[true[0]]),
        "model MRR": reachable,
        "class or ancestor @1": float(np.mean(line)),
        "class or ancestor @5": float(np.mean(line)),
        "class @1": float(np.mean(strict)),
        "class @5": float(np.mean(strict)),
    }


def _blind_ceiling(library: ReferenceLibrary, case: Case, situation: Situation) -> dict[str, float]:
    """What is expected of a ranker that finds the right code, and draws among its equal owners.

    For models it has one class to go by: the one whose parent's code the fewest models have.
    """
    table, owner = library.index.tables["class"], library.by_model["class"].owner
    model_hits: dict[int, list[float]] = {n: [0.0] for n in _PLACES}
    class_hits: list[float] = []
    for parents in case.parents.values():
        usable = [parent for parent in parents if situation.allowed[owner[parent]]]
        if not usable:
            class_hits.append(0.0)
            continue
        equal = np.flatnonzero(np.isin(table.rows, table.rows[usable]) & situation.allowed[owner])
        class_hits.append(len(usable) / len(equal))
        models = np.unique(owner[equal])
        true = len(np.unique(owner[usable]))
        for top, hits in model_hits.items():
            hits.append(min(1.0, top * true / len(models)))
    return {
        **{f"any parent model @{n}": max(hits) for n, hits in model_hits.items()},
        "class @1": float(np.mean(class_hits)),
        "class @5": float(np.mean(class_hits)),
    }


def _estimate(values: Sequence[float | None]) -> Estimate | None:
    """The mean and its interval, from resampling models with a fixed seed."""
    known = np.array([value for value in values if value is not None])
    if not len(known):
        return None
    generator = np.random.default_rng(0)
    draws = generator.integers(0, len(known), size=(_RESAMPLES, len(known)))
    low, high = np.percentile(known[draws].mean(axis=1), [2.5, 97.5])
    return Estimate(float(known.mean()), float(low), float(high))
