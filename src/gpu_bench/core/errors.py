"""What ends a measurement: each problem has an exit code, and a kind that results name it by."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.errors import EnvironmentLack, InputError, ToolError
from toolkit.exit_codes import ExitCode


class MissingPackage(EnvironmentLack):
    """What a configuration needs is not installed."""


class NoAccelerator(EnvironmentLack):
    """The requested device is not there."""


class DeviceLost(EnvironmentLack):
    """The device stopped answering, or the measuring process died."""


class OutOfMemory(EnvironmentLack):
    """The device's memory did not suffice."""


class CompileFailed(ToolError):
    """torch.compile raised."""

    exit_code = ExitCode.ANSWER_IS_NO


class NotFinite(ToolError):
    """The model yields NaN or infinity."""

    exit_code = ExitCode.ANSWER_IS_NO


class MeasuringFailed(ToolError):
    """The model raised while it was loaded or measured, and no other kind fits."""

    exit_code = ExitCode.ANSWER_IS_NO


class TimedOut(ToolError):
    """The time limit ended the measurement before it could be used."""

    exit_code = ExitCode.UNDECIDED


# The kinds of problems in the schema of results.
KINDS: Mapping[str, type[ToolError]] = {
    "wrong_input": InputError,
    "missing_package": MissingPackage,
    "no_accelerator": NoAccelerator,
    "device_lost": DeviceLost,
    "out_of_memory": OutOfMemory,
    "compile_failed": CompileFailed,
    "not_finite": NotFinite,
    "timeout": TimedOut,
    "failed": MeasuringFailed,
}


def kind_of(problem: ToolError) -> str:
    """The kind of a problem; of one that has none of its own, `failed`."""
    kinds = (kind for kind, error in KINDS.items() if isinstance(problem, error))
    return next(kinds, "failed")
