"""What an exception from inside transformers says, in one line."""

from __future__ import annotations

import os


def describe(problem: BaseException) -> str:
    """One line for an exception: its type, first words, and the innermost line of a model."""
    text = " ".join(str(problem).split())
    place = ""
    trace = problem.__traceback__
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if "transformers" in filename and "models" in filename:
            place = f" ({os.path.basename(filename)}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(problem).__name__}: {text[:240]}{place}"
