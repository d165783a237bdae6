"""What it means that a measuring process ended before it had said why."""

from __future__ import annotations

import signal

from gpu_bench.core.errors import DeviceLost, MeasuringFailed
from gpu_bench.measure.error_messages import meaning
from toolkit.errors import ToolError

_LONGEST_QUOTE = 200


def sudden_end(process: str, code: int, phase: str, output: str) -> ToolError:
    """The problem of a process that ended with an exit code, negative for a signal.

    :param process: what to call it, e.g. `the measuring process`.
    :param phase: when it ended, e.g. `during the warm-up`.
    :param output: the last of what it wrote.
    """
    reason = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    last = last_line(output)
    message = f"{process} ended with {reason} {phase}" + (
        f"; its last lines: {last}" if last else ""
    )
    cause = meaning(last)
    if cause is not None:
        return cause.error(message, hint=cause.hint)
    if code == -signal.SIGKILL:
        hint = "the kernel kills what takes the last of the host's memory: look into its log"
        return DeviceLost(message, hint=hint)
    return MeasuringFailed(
        message,
        hint="run the model alone to see why; if the kernel's log has Xid messages of this moment, "
        "it was the device",
    )


def last_line(output: str) -> str:
    """The last line that is not empty, shortened; empty if there is none."""
    lines = output.strip().splitlines()
    return lines[-1].strip()[:_LONGEST_QUOTE] if lines else ""
