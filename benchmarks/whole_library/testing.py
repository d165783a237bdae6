"""Stages of testing with fixtures."""

from __future__ import annotations

from benchmarks.whole_library.caches import forget_outcomes
from benchmarks.whole_library.fixtures import NOTHING, TESTS, add_fixtures, choose
from benchmarks.whole_library.generating import Stages, edited
from benchmarks.whole_library.library import PACKAGE
from benchmarks.whole_library.stage import StageFailed

_EVERYTHING = f"{TESTS}::"
_SEED = "seed=0"
_EXPORTS = "\n__all__ = "
_OTHER_SEED = "seed=1"
_THIRD_SEED = "seed=2"


def run_tests(stages: Stages, number: int) -> None:
    """Builds the fixtures and runs their tests, and again after nothing, or one thing, changed."""
    library = stages.library
    library.write(NOTHING)
    stages.run("test, the environment alone", "test", "warm_up::")
    chosen = choose(library, number)
    if not chosen:
        raise StageFailed("none of the models has a fixture in fixtures.py")
    add_fixtures(library, chosen)
    stages.run("fixtures, cold", "package", _EVERYTHING)
    stages.run("tests, cold", "test", _EVERYTHING)
    stages.run("test, nothing changed", "test", _EVERYTHING)
    library.stop()
    stages.start()
    stages.run("test, nothing changed, new daemon", "test", _EVERYTHING)
    first = chosen[0]
    with edited(library.root / TESTS / first.name / "BUILD", _SEED, _OTHER_SEED):
        stages.run("test, seed of one fixture", "test", _EVERYTHING)
    forget_outcomes(library.root.parent)
    with edited(library.root / TESTS / first.name / "BUILD", _SEED, _THIRD_SEED):
        stages.run("test, seed of one fixture, nothing stored", "test", _EVERYTHING)
    modular = next(path for path in library.modulars if path.stem == f"modular_{first.name}")
    another = f"\nclass {first.model_class}Unused({first.model_class}):\n    pass\n\n"
    with edited(library.root / PACKAGE / modular, _EXPORTS, another + _EXPORTS):
        stages.run("test, a class added to one model", "test", _EVERYTHING)
