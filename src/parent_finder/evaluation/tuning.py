"""Reproduces the constants of the ranking from models in release 5.8.0 or before.

    python -m parent_finder.evaluation.tuning --source-root DIR

What is fitted is the probability that a model is the parent of a class: a softmax over the class's
candidates, linear in their evidence, with an L2 penalty in units of each evidence's spread. Each
model has the same weight, however many classes it has. The factor of what the whole file adds is
fitted then, to the models. The penalty is chosen by looking forward:
fitted on the models before a release, measured on those from it to 5.8.0. Later models are never
used.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.optimize import minimize

from parent_finder.core import array_store
from parent_finder.core.releases import known_releases
from parent_finder.corpus import index, library_files
from parent_finder.evaluation import calibration, ranking
from parent_finder.evaluation.calibration import JudgedFile
from parent_finder.ranking import likelihood, model_evidence, unit_candidates
from parent_finder.ranking.likelihood import ClassCandidates
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation, order
from parent_finder.ranking.weights import Floats, Weights

PENALTIES = (1e-4, 1e-3, 1e-2)
CUTS = ("4.54.0", "5.0.0", "5.3.0")
# Models that a true one may be put before.
_FIRST = 8
_SIMILAR = (3.0, 6.0, 9.0, 12.0)
_NAMESAKE = (0.0, 1.0, 2.0, 3.0, 4.0)
_MODEL = (0.2, 0.5, 1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True)
class Example:
    """A model with what is known of its classes; ``true`` marks the parents in ``classes``.

    ``sole`` is as of `model_evidence.sole`.
    """

    release: int
    parents: list[int]
    situation: Situation
    classes: tuple[ClassCandidates, ...]
    sole: Floats
    true: tuple[np.ndarray, ...]


def examples(opened: ReferenceLibrary, root: str) -> list[Example]:
    """All models up to the release of tuning, as they were when they were published."""
    collected = []
    owner = opened.by_model["class"].owner
    for case in ranking.cases(opened):
        if ranking.split_of(opened, case.model) != "tune":
            continue
        compared = ranking.compare_file(opened, root, case.path)
        situation = ranking.situation_of(opened, case.model, "earlier")
        classes = tuple(likelihood.candidates(opened, compared, situation))
        units = compared.queries["class"].units
        true = tuple(
            np.isin(
                candidates.models,
                owner[sorted(case.parents.get(units[candidates.position].name, ()))],
            )
            for candidates in classes
        )
        parents = ranking.true_models(opened, case)
        sole = model_evidence.sole(opened, compared, situation)
        collected.append(Example(situation.release, parents, situation, classes, sole, true))
    return collected


def fitted(some: Sequence[Example], penalty: float) -> Weights:
    """The weights that make the true parents likeliest."""
    rows, true, shares = [], [], []
    for example in some:
        usable = [pair for pair in zip(example.classes, example.true, strict=True) if pair[1].any()]
        for candidates, parents in usable:
            rows.append(candidates.evidence)
            true.append(parents)
            shares.append(1 / len(usable))
    spread = np.concatenate(rows).std(axis=0) + 1e-9
    scaled = [row / spread for row in rows]
    total = sum(shares)

    def loss(weights: Floats) -> tuple[float, Floats]:
        value, gradient = 0.0, np.zeros_like(weights)
        for candidates, parents, share in zip(scaled, true, shares, strict=True):
            raw = candidates @ weights
            raised = np.exp(raw - raw.max())
            hit = raised * parents
            value -= share * float(np.log(hit.sum() / raised.sum()))
            gradient -= share * ((hit / hit.sum() - raised / raised.sum()) @ candidates)
        penalised = value / total + penalty * float(weights @ weights)
        return penalised, gradient / total + 2 * penalty * weights

    start = np.zeros(len(spread))
    done = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 100})
    return Weights.from_array(done.x / spread)


def fitted_sole(some: Sequence[Example], weights: Weights) -> float:
    """The factor of `Example.sole` that, with a scale for both, makes the true models likeliest.

    Only the models that come first without it are looked at.
    """
    pairs, true = [], []
    for example in some:
        values = likelihood.model_scores(
            example.classes, example.sole, example.situation, weights, factor=0
        )
        first = np.argsort(-values, kind="stable")[:_FIRST]
        pairs.append(np.stack([values[first], example.sole[first]], axis=1))
        true.append(np.isin(first, example.parents))

    def loss(factors: Floats) -> float:
        value = 0.0
        for pair, parents in zip(pairs, true, strict=True):
            if parents.any():
                raw = pair @ factors
                raised = np.exp(raw - raw.max())
                value -= float(np.log((raised * parents).sum() / raised.sum()))
        return value

    scale, factor = minimize(loss, np.ones(2), method="L-BFGS-B").x
    return float(factor / scale)


def first_places(
    opened: ReferenceLibrary, some: Sequence[Example], weights: Weights, sole: float
) -> list[int]:
    """The place of each example's first true parent in the ranking of models, from 1."""
    first = []
    for example in some:
        values = likelihood.model_scores(
            example.classes, example.sole, example.situation, weights, sole
        )
        ranked = order(opened, values)
        places = [n for n, model in enumerate(ranked, 1) if model in example.parents]
        first.append(places[0] if places else len(ranked) + 1)
    return first


def _forward(opened: ReferenceLibrary, collected: Sequence[Example]) -> float:
    """Prints the forward measurements; returns the penalty that does best."""
    means = {}
    for penalty in PENALTIES:
        shares = []
        for cut in CUTS:
            number = opened.releases.number_of(cut)
            before = [example for example in collected if example.release < number]
            after = [example for example in collected if example.release >= number]
            weights = fitted(before, penalty)
            places = first_places(opened, after, weights, fitted_sole(before, weights))
            shares.append(100 * float(np.mean([place == 1 for place in places])))
        means[penalty] = float(np.mean(shares))
        listed = ", ".join(f"{share:.1f}" for share in shares)
        print(f"penalty {penalty:g}: any parent @1 forward from {', '.join(CUTS)}: {listed}")
    return max(PENALTIES, key=lambda penalty: means[penalty])


def _unit_constants(
    opened: ReferenceLibrary, root: str, weights: Weights
) -> tuple[float, float, float]:
    """The constants of `unit_candidates` for which the class figures are highest, summed."""
    cases = []
    for case in ranking.cases(opened):
        if ranking.split_of(opened, case.model) == "tune":
            compared = ranking.compare_file(opened, root, case.path)
            situation = ranking.situation_of(opened, case.model, "earlier")
            scores = likelihood.scores(opened, compared, situation, weights)
            of_case = []
            for position, unit in enumerate(compared.queries["class"].units):
                parents = case.parents.get(unit.name)
                if parents:
                    line = opened.lineage.with_ancestors(parents)
                    groups = unit_candidates.groups(
                        opened, compared, situation, scores, "class", position
                    )
                    of_case.append((parents, line, groups))
            cases.append(of_case)

    def figure(constants: tuple[float, float, float]) -> float:
        values = []
        for of_case in cases:
            hits = []
            for parents, line, groups in of_case:
                best = unit_candidates.ordered_groups(groups, *constants)[:5]
                for top in (1, 5):
                    members = {member for group in best[:top] for member in group.members}
                    heads = {group.members[0] for group in best[:top]}
                    hits += [not line.isdisjoint(members), not parents.isdisjoint(heads)]
            values.append(float(np.mean(hits)) if hits else 0.0)
        return round(float(np.mean(values)), 6)

    grid = [(s, n, m) for s in _SIMILAR for n in _NAMESAKE for m in _MODEL]
    return max(grid, key=figure)


def judged_files(opened: ReferenceLibrary, root: str, weights: Weights) -> list[JudgedFile]:
    """The related and the unrelated files up to the release of tuning, with their evidence."""
    related = [(case.path, case.model, True) for case in ranking.cases(opened)]
    unrelated = [(path, model, False) for path, model in ranking.unrelated_files(opened, root)]
    judged = []
    for path, model, is_related in (*related, *unrelated):
        if ranking.split_of(opened, model) == "tune":
            compared = ranking.compare_file(opened, root, path)
            if compared.queries["class"].units:
                situation = ranking.situation_of(opened, model, "earlier")
                judged.append(
                    calibration.judge(
                        opened, compared, situation, "tune", related=is_related, weights=weights
                    )
                )
    return judged


def main() -> int:
    """Prints the constants, and how they were chosen."""
    parser = argparse.ArgumentParser(prog="parent_finder.evaluation.tuning", description=__doc__)
    parser.add_argument("--source-root", metavar="DIR")
    parser.add_argument("--cache-dir", metavar="DIR")
    options = parser.parse_args()
    root = library_files.source_root(options.source_root)
    cache = options.cache_dir or array_store.default_directory()
    opened = ReferenceLibrary(index.open_library(root, cache).index, known_releases())
    collected = examples(opened, root)
    print(f"{len(collected)} models in {ranking.TUNED_UNTIL} or before")
    penalty = _forward(opened, collected)
    weights = Weights.from_array(np.round(fitted(collected, penalty).array(), 3))
    print(f"weights.FITTED, with penalty {penalty:g}:")
    for name, value in asdict(weights).items():
        print(f"    {name}={value:.3f},")
    print(f"weights.SOLE = {fitted_sole(collected, weights):.3f}")
    similar, namesake, model = _unit_constants(opened, root, weights)
    print(f"unit_candidates.SIMILAR, NAMESAKE, MODEL = {similar}, {namesake}, {model}")
    judged = judged_files(opened, root, weights)
    for penalty in calibration.PENALTIES:
        loss = calibration.cross_validated_loss(judged, penalty)
        print(f"calibration.PENALTY {penalty:g}: cross-validated loss {loss:.4f}")
    print(f"confidence.FITTED, on {len(judged)} files:")
    for name, value in asdict(calibration.fitted(judged)).items():
        print(f"    {name}={value:.3f},")
    threshold = calibration.equal_error_threshold(judged)
    print(f"confidence.WEAK = {threshold:.2f}, at which misses are as frequent as false alarms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
