"""The converter's errors and warnings, from its table of codes."""

from __future__ import annotations

from docs.generator.markdown import code, page, prose, table
from docs.generator.tools import module


def findings_page() -> str:
    """Each code with its meaning and what to do."""
    codes = sorted(module("modular_converter.diagnostics.codes").CODES, key=lambda each: each.name)
    return page(
        "Findings of the converter",
        "What `python -m modular_converter codes` prints. An error ends the conversion of its "
        "model with exit code 2. A warning fails nothing and can be "
        "[suppressed](../modular-models.md#findings).",
        *(
            block
            for severity in ("error", "warning")
            for block in (
                f"## {severity.capitalize()}s",
                table(
                    ("code", "meaning", "what to do"),
                    (
                        (code(each.name), each.summary, prose(each.help))
                        for each in codes
                        if each.severity == severity
                    ),
                ),
            )
        ),
    )
