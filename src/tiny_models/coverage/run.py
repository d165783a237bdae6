"""Builds a fixture of every model class of the auto mappings, and tries it."""

from __future__ import annotations

import contextlib
import io
import re
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiny_models.core.errors import MissingPackage
from tiny_models.transformers_api import catalogue
from tiny_models.transformers_api.catalogue import Architecture
from tiny_models.transformers_api.exceptions import describe
from tiny_models.transformers_api.process import prepare
from toolkit.errors import InputError, ToolError
from toolkit.scratch_directory import scratch_directory

if TYPE_CHECKING:
    from tiny_models.config.shrink import Adjustments
    from tiny_models.request.plans import Plan

STEPS = ("package", "instantiate", "forward", "native", "round-trip", "size", "ok")
SIZE_LIMIT = 5_000_000
SECONDS_LIMIT = 60
_LEFT_OUT = re.compile(r"left out (.*)")


class TooSlow(BaseException):
    """A class took too long. No Exception: a search that tries others must not go on after it."""


@dataclass(frozen=True)
class Result:
    """How far a class came. ``reached`` is the step that failed, or ``ok``.

    ``takes`` are the kinds of input that ``forward`` names, and ``ran_on`` those of ``inputs``, the
    names of what it was given. ``left_out`` says which of the fixture's tokenizer and processors
    could not be written, and why. ``processors`` says whether the model ran on what the fixture's
    processors make: `ok`, `fails`, or `refused` where they want other inputs than a picture, a
    sound and a text; ``processors_cause`` why not. ``size`` counts all files in bytes, 0 where
    nothing was saved; ``seconds`` are CPU seconds.
    """

    architecture: str
    model_type: str
    takes: str
    reached: str
    cause: str
    size: int
    seconds: float
    ran_on: str = ""
    inputs: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    processors: str = ""
    processors_cause: str = ""

    @property
    def ok(self) -> bool:
        """Whether every step succeeded."""
        return self.reached == "ok"

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


def try_class(architecture: Architecture, *, build_only: bool = False) -> Result:
    """Takes one class through all steps."""
    start = time.process_time()
    state: dict[str, Any] = {"step": "package", "size": 0}
    cause = ""
    try:
        with _time_limit(SECONDS_LIMIT):
            _all_steps(architecture, state, build_only)
        state["step"] = "ok"
    except MissingPackage as problem:
        state["step"], cause = "package", problem.message
    except ToolError as problem:
        cause = problem.message
    except (Exception, TooSlow) as problem:  # noqa: BLE001 - the report is there to show any cause
        cause = describe(problem)
    return Result(
        architecture=architecture.name,
        model_type=architecture.model_type,
        takes=state.get("takes", ""),
        reached=state["step"],
        cause=cause,
        size=state["size"],
        seconds=round(time.process_time() - start, 3),
        ran_on=state.get("ran_on", ""),
        inputs=state.get("inputs", ()),
        left_out=state.get("left_out", ()),
        processors=state.get("processors", ""),
        processors_cause=state.get("processors_cause", ""),
    )


def _all_steps(architecture: Architecture, state: dict[str, Any], build_only: bool) -> None:
    """As `build`: a model that does not run with the rules' values is made again with others."""
    from tiny_models.fixture.build import fitted

    try:
        _steps(architecture, state, build_only, {})
    except MissingPackage:
        raise
    except Exception as problem:
        if state["step"] not in ("instantiate", "forward", "native"):
            raise
        try:
            adjustments = fitted(fixture_plan(architecture))
        except TooSlow:
            raise problem from None
        if not adjustments:
            raise
        _steps(architecture, state, build_only, adjustments)


def fixture_plan(architecture: Architecture) -> Plan:
    """What to build for one class, as a request without further wishes names it."""
    from tiny_models.request.plans import plan
    from tiny_models.request.request import FixtureRequest

    name = architecture.name
    request = FixtureRequest(name, name, model_type=architecture.model_type, architectures=(name,))
    return plan(request)[0]


def _steps(
    architecture: Architecture,
    state: dict[str, Any],
    build_only: bool,
    adjustments: Adjustments,
) -> None:
    from tiny_models.checks import checks
    from tiny_models.checks.working_inputs import working_inputs
    from tiny_models.fixture.build import write_files
    from tiny_models.inputs import modalities
    from tiny_models.transformers_api.packages import named_packages

    name, model_type = architecture.name, architecture.model_type
    model_class = catalogue.model_class(name, model_type)
    state["takes"] = modalities.joined(modalities.taken(model_class))
    state["step"] = "instantiate"
    with scratch_directory("tiny-models-coverage-") as directory:
        with named_packages(name), contextlib.redirect_stderr(io.StringIO()) as warnings:
            model, _ = write_files(fixture_plan(architecture), str(directory), adjustments)
        state["left_out"] = tuple(_LEFT_OUT.findall(warnings.getvalue()))
        state["size"] = sum(path.stat().st_size for path in directory.rglob("*"))
        outputs = None
        if not build_only:
            state["step"] = "forward"
            with named_packages(name):
                inputs, attempt = working_inputs(model)
                if attempt.problem is not None:
                    raise attempt.problem
                outputs = checks.require_outputs(attempt.outputs)
            state["processors"], state["processors_cause"] = _on_processors(
                model_type, model, directory
            )
            state["inputs"] = tuple(inputs)
            state["ran_on"] = modalities.joined(modalities.kinds_of(model_class, inputs))
            state["step"] = "native"
            missing = modalities.left_out(model_class, inputs)
            if missing:
                ran_on = state["ran_on"] or "other inputs"
                raise ToolError(f"takes {' and '.join(missing)}, but ran on {ran_on} alone")
        state["step"] = "round-trip"
        if outputs is not None:
            again = checks.load(model_class, str(directory))
            checks.require_equal(outputs, checks.require_outputs(checks.forward(again, inputs)))
    state["step"] = "size"
    if state["size"] >= SIZE_LIMIT:
        raise ToolError(f"{state['size']} bytes, not under {SIZE_LIMIT}")


def _on_processors(model_type: str, model: Any, directory: Path) -> tuple[str, str]:
    """Whether a model runs on what its fixture's processors make, and why not."""
    from tiny_models.checks import checks
    from tiny_models.processors.classes import classes_of
    from tiny_models.processors.trial import made_inputs

    if not checks.has_forward(model):
        return "", ""
    try:
        inputs = made_inputs(classes_of(model_type), directory, model)
    except Exception as problem:  # noqa: BLE001 - any class may refuse its inputs
        return "refused", describe(problem)
    if not inputs:
        return "", ""
    try:
        checks.require_outputs(checks.forward(model, inputs))
    except Exception as problem:  # noqa: BLE001 - the report is there to show any cause
        return "fails", describe(problem)
    return "ok", ""


@contextlib.contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    def stop(_number: int, _frame: Any) -> None:
        raise TooSlow(f"took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run(
    wanted: Iterable[str],
    *,
    build_only: bool,
    jobs: int,
    report: Callable[[Result, int], None],
) -> list[Result]:
    """Tries the wanted classes (all when none are named), in order of their names.

    ``report`` is called with each result and with how many there will be.
    """
    todo = _select(tuple(wanted))
    if jobs == 1:
        results = []
        for architecture in todo:
            results.append(try_class(architecture, build_only=build_only))
            report(results[-1], len(todo))
        return results
    return _parallel(todo, build_only, jobs, report)


def _parallel(
    todo: list[Architecture], build_only: bool, jobs: int, report: Callable[[Result, int], None]
) -> list[Result]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed

    results = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=prepare) as pool:
        running = [
            pool.submit(try_class, architecture, build_only=build_only) for architecture in todo
        ]
        for future in as_completed(running):
            results.append(future.result())
            report(results[-1], len(todo))
    return sorted(results, key=lambda result: result.architecture)


def _select(wanted: tuple[str, ...]) -> list[Architecture]:
    everything = catalogue.architectures()
    if not wanted:
        return list(everything)
    chosen: dict[Architecture, None] = {}
    for name in wanted:
        matching = [
            architecture
            for architecture in everything
            if name in (architecture.name, architecture.model_type)
        ]
        if not matching:
            names = [
                known
                for architecture in everything
                for known in (architecture.name, architecture.model_type)
            ]
            raise InputError(
                f"`{name}` is neither a model class nor a model type of transformers "
                f"{catalogue.version()}",
                hint=catalogue.near(name, names),
            )
        chosen.update(dict.fromkeys(matching))
    return list(chosen)
