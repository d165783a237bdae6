"""A fuzz run of moderate size, and whether the run would notice what it looks for.

The seed changes daily and is printed. RULES_TRANSFORMERS_FUZZ_SEED repeats a day, and
RULES_TRANSFORMERS_FUZZ_SECONDS makes the run that long.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.corpus import corpus as release_of
from tests.fuzz import fuzz
from tests.fuzz.fuzz import RELEASE, Case, Outcome, run, run_case
from tests.fuzz.mutations import MUTATIONS
from tests.sampling.daily_seed import SEED

CASES = 5 * len(MUTATIONS)


@pytest.fixture(scope="module")
def corpus() -> str:
    return release_of(RELEASE).root


def test_spoilt_files_end_in_an_answer_or_a_located_error(corpus: str) -> None:
    seconds = os.environ.get("RULES_TRANSFORMERS_FUZZ_SECONDS")
    print(f"seed {SEED}")
    outcomes: list[Outcome] = []
    for outcome in run(
        corpus,
        list(release_of(RELEASE).modular_files),
        seed=SEED,
        limit=None if seconds else CASES,
        seconds=float(seconds) if seconds else None,
    ):
        assert not outcome.problems, f"seed {SEED}, {outcome.case}: " + "\n".join(outcome.problems)
        outcomes.append(outcome)
    assert {name for each in outcomes for name in each.case.mutations} == {
        mutation.__name__ for mutation in MUTATIONS
    }
    # Neither are all files refused nor all mutations harmless.
    codes = [each.code for each in outcomes]
    assert codes.count(0) > len(codes) // 10
    assert codes.count(2) > len(codes) // 10


def test_a_case_is_the_same_for_the_same_seed(corpus: str) -> None:
    modulars = list(release_of(RELEASE).modular_files)
    first = [case for case, _ in zip(fuzz.cases(corpus, modulars, 7), range(30), strict=False)]
    again = [case for case, _ in zip(fuzz.cases(corpus, modulars, 7), range(30), strict=False)]
    assert first == again


@pytest.fixture
def case(tmp_path: Path) -> tuple[Case, str, str]:
    """A case that goes well, its corpus and its scratch directory."""
    path = "transformers/models/any/modular_any.py"
    text = "from torch import nn\n\n\nclass AnyMLP(nn.Module):\n    pass\n"
    shipped = tmp_path / "corpus" / path
    shipped.parent.mkdir(parents=True)
    shipped.write_text(text)
    (tmp_path / "scratch").mkdir()
    made = Case(0, path, path, text.encode(), (), "convert")
    return made, str(tmp_path / "corpus"), str(tmp_path / "scratch")


def test_a_good_case_has_no_problem(case: tuple[Case, str, str]) -> None:
    outcome = run_case(*case)
    assert (outcome.code, outcome.problems) == (0, ())


def _raise(arguments: list[str]) -> int:
    raise ValueError("lost")


def _die(arguments: list[str]) -> int:
    os.kill(os.getpid(), signal.SIGTERM)
    return 0


def _hang(arguments: list[str]) -> int:
    time.sleep(60)
    return 0


def _fail_silently(arguments: list[str]) -> int:
    return 2


def _write_half(arguments: list[str]) -> int:
    path = Path(arguments[1]).with_name("modeling_any.py")
    path.write_text("# automatically generated from\nclass X(")
    print(f"changed {path.relative_to(Path.cwd())}")
    return 0


def _leave_a_file(arguments: list[str]) -> int:
    Path(arguments[1]).with_name(".modeling_any.py.x1").write_text("")
    return 0


def _write_and_fail(arguments: list[str]) -> int:
    Path(arguments[1]).with_name("modeling_any.py").write_text("# automatically generated from\n")
    print("modular_any.py:1:1: error[x]: message", file=sys.stderr)
    return 2


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (_raise, "ValueError: lost"),
        (_die, "exit code -15"),
        (_hang, "exit code 124"),
        (_fail_silently, "without an error"),
        (_write_half, "not complete"),
        (_leave_a_file, ".modeling_any.py.x1 was changed"),
        (_write_and_fail, "modeling_any.py was changed"),
    ],
)
def test_what_must_not_happen_is_noticed(
    case: tuple[Case, str, str],
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[list[str]], int],
    problem: str,
) -> None:
    monkeypatch.setattr(fuzz.cli, "main", broken)
    monkeypatch.setattr(fuzz, "TIME_LIMIT", 1.0)
    outcome = run_case(*case)
    assert outcome.problems
    assert problem in "\n".join(outcome.problems)
