"""What differs between the versions of Pants that one source of the rules serves, 2.17 to 2.33.

The only module that asks which version runs. Where a call's names differ, they are keywords in a
dictionary: a type checker then accepts the call whichever version it checks against, and
`tests/contracts/pants_api` holds the names against what each version has.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import InterpreterConstraintsField, PythonResolveField
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex_environment import (
    CompletePexEnvironment,
    PythonExecutable,
)
from pants.core.goals.test import ShowOutput, TestResult
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_FILE_DIGEST, Snapshot
from pants.engine.process import FallibleProcessResult
from pants.source.filespec import Filespec
from pants.version import PANTS_SEMVER, Version

# The type of a `tool_subsystem`. Pants' protocol declares an attribute `skip` of the class of the
# option, which each subsystem has; mypy sees the option's value there, or not, depending on its own
# version.
SkippableSubsystem = Any


def _since(version: str) -> bool:
    """Whether this Pants has what `version` brought, its pre-releases included."""
    return bool(Version(f"{version}.0.dev0") <= PANTS_SEMVER)


def _brought_by(version: str, module: str, name: str) -> Any:
    """What `version` brought under a name, which earlier ones cannot import."""
    if not _since(version):
        raise AssertionError(f"{module}.{name} is not in Pants {PANTS_SEMVER}")
    return getattr(import_module(module), name)


def result_without_process(
    exit_code: int | None,
    message: str,
    address: Address,
    output_setting: ShowOutput,
    xml_results: Snapshot,
) -> TestResult:
    """The result of a test for which nothing was run.

    :param message: what it writes to standard error.
    """
    # 2.18 keeps the bytes, and decodes them when they are shown.
    output: dict[str, Any] = (
        {"stdout_bytes": b"", "stderr_bytes": message.encode()}
        if _since("2.18")
        else {"stdout": "", "stderr": message}
    )
    return TestResult(
        exit_code=exit_code,
        **output,
        stdout_digest=EMPTY_FILE_DIGEST,
        stderr_digest=EMPTY_FILE_DIGEST,
        addresses=(address,),
        output_setting=output_setting,
        result_metadata=None,
        xml_results=xml_results,
    )


def result_of_process(
    process_result: FallibleProcessResult,
    address: Address,
    output_setting: ShowOutput,
    **files: Any,
) -> TestResult:
    """The result of a test that one process ran.

    :param files: `xml_results`, `extra_output` and `log_extra_output` of a `TestResult`.
    """
    # 2.19 brought retries: it takes the results of all attempts.
    results: Any = (process_result,) if _since("2.19") else process_result
    return TestResult.from_fallible_process_result(results, address, output_setting, **files)


def without_chroot_paths() -> dict[str, Any]:
    """Arguments with which `create` of the results of `lint`, `fix` and `fmt` hides the sandbox."""
    # 2.19 hides it by default.
    return {} if _since("2.19") else {"strip_chroot_path": True}


def alone(wanted: bool) -> dict[str, Any]:
    """Arguments with which a `Process`, if wanted, runs while no other one does on this machine.

    Without them, benchmarks run one after the other, but ordinary processes may run beside them.
    """
    # 2.27 has exclusive processes.
    return {"concurrency": _exclusive_use() if wanted else None} if _since("2.27") else {}


def _exclusive_use() -> Any:
    return _brought_by("2.27", "pants.engine.process", "ProcessConcurrency").exclusive()


def pex_variables(environment: CompletePexEnvironment, python: PythonExecutable) -> dict[str, str]:
    """The variables of a pex that runs with `python`."""
    given: dict[str, Any] = {"python_configured": True} if _since("2.30") else {"python": python}
    return dict(environment.environment_dict(**given))


def constraints_of_fields(
    constraints: InterpreterConstraintsField, resolve: PythonResolveField, python_setup: PythonSetup
) -> InterpreterConstraints:
    """The interpreter constraints of a target with these fields."""
    # 2.31 has defaults by resolve.
    fields: Iterable[Any] = [(constraints, resolve)] if _since("2.31") else [constraints]
    return InterpreterConstraints.create_from_compatibility_fields(fields, python_setup)


def excluded_globs(filespec: Filespec) -> list[str]:
    """What a `sources` field leaves out, relative to the root."""
    # 2.33 has a class of its own for what was a dictionary, which may lack this key.
    spec: Any = filespec
    return list(spec["excludes"] if _since("2.33") else spec.get("excludes", ()))


def parses_many_files() -> bool:
    """Whether a request for the imports of Python files takes several, and no constraints."""
    return _since("2.32")


def remote_outputs_problem(description: str, missing: str) -> str:
    """Says that a server ran a process and left its outputs out.

    :param missing: the outputs, for messages.
    """
    # 2.33 declares `output_paths`, as the API has it since its version 2.1.
    fields, api, since = (
        ("`output_paths`", "2.1", "has version 2.0 alone, and not that field")
        if _since("2.33")
        else (
            "`output_files` and `output_directories`",
            "2.0",
            "follows version 2.1 or later to the letter, and ignores these fields",
        )
    )
    return (
        f"{description}: the remote execution server ended the process with 0, and returned no "
        f"{missing}\n"
        f"hint: Pants {PANTS_SEMVER} declares outputs in the fields of version {api} of the Remote "
        f"Execution API: {fields}. The server probably {since}. Use a server that accepts "
        "them: docs/remote-cache.md names some; or run without `--remote-execution`"
    )
