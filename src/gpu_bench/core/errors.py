"""What goes wrong, with the exit code that it means and a hint for whoever must mend it."""

from __future__ import annotations

DONE = 0
ANSWER_IS_NO = 1
WRONG_INPUT = 2
ENVIRONMENT_LACKS = 3
UNDECIDED = 4


class BenchmarkError(Exception):
    """A message for a person: where, what, and how to mend it. Subclasses set the exit code.

    ``place`` is a file with an optional line and column, an address, or empty; ``kind`` is the
    name that a result file gives the problem, one of its schema's.
    """

    exit_code = WRONG_INPUT
    kind = "wrong_input"

    def __init__(self, message: str, *, place: str = "", hint: str = "") -> None:
        self.message = message
        self.place = place
        self.hint = hint
        super().__init__(message)

    def render(self) -> str:
        """The text for stderr."""
        prefix = f"{self.place}: " if self.place else ""
        text = f"{prefix}error: {self.message}"
        return f"{text}\nhint: {self.hint}" if self.hint else text


class InputError(BenchmarkError):
    """The request, or a file that it names, is wrong."""


class MissingPackage(BenchmarkError):
    """What a configuration needs is not installed."""

    exit_code = ENVIRONMENT_LACKS
    kind = "missing_package"


class NoAccelerator(BenchmarkError):
    """The requested device is not there."""

    exit_code = ENVIRONMENT_LACKS
    kind = "no_accelerator"


class DeviceLost(BenchmarkError):
    """The device stopped answering, or the measuring process died."""

    exit_code = ENVIRONMENT_LACKS
    kind = "device_lost"


class OutOfMemory(BenchmarkError):
    """The device's memory did not suffice."""

    exit_code = ENVIRONMENT_LACKS
    kind = "out_of_memory"


class CompileFailed(BenchmarkError):
    """torch.compile raised."""

    exit_code = ANSWER_IS_NO
    kind = "compile_failed"


class NotFinite(BenchmarkError):
    """The model yields NaN or infinity."""

    exit_code = ANSWER_IS_NO
    kind = "not_finite"


class MeasuringFailed(BenchmarkError):
    """The model raised while it was loaded or measured, and no other kind fits."""

    exit_code = ANSWER_IS_NO
    kind = "failed"


class TimedOut(BenchmarkError):
    """The time limit ended the measurement before it could be used."""

    exit_code = UNDECIDED
    kind = "timeout"
