"""The converter's errors and warnings, from its table of codes and its examples."""

from __future__ import annotations

from typing import Any

from docs.generator.markdown import code, page, prose, table
from docs.generator.tools import module


def findings_page() -> str:
    """Each code with its meaning, an example, and what to do."""
    codes = sorted(module("modular_converter.diagnostics.codes").CODES, key=lambda item: item.name)
    examples = module("modular_converter.testing.examples")
    return page(
        "Findings of the converter",
        "What `python -m modular_converter codes` prints, with an example of each. An error ends "
        "the conversion of its model with exit code 2. A warning fails nothing and can be "
        "[suppressed](../modular-models.md#findings). Those marked *pedantic* are often intended, "
        "and are reported with `--pedantic` or `[modular-converter].pedantic`.",
        *(
            block
            for severity in ("error", "warning")
            for block in (
                f"## {severity.capitalize()}s",
                table(
                    ("code", "meaning"),
                    (
                        (f"[{code(item.name)}](#{item.name})", _meaning(item))
                        for item in codes
                        if item.severity == severity
                    ),
                ),
            )
        ),
        "## Examples",
        f"Unless an example shows another, its parent is this `{examples.PARENT}`:",
        _python(examples.PARENT_TEXT),
        *(block for item in codes for block in _section(item, examples)),
    )


def _meaning(item: Any) -> str:
    return f"{item.summary} (*pedantic*)" if item.is_pedantic else item.summary


def _section(item: Any, examples: Any) -> list[str]:
    blocks = [f"### `{item.name}`", f"{item.summary}. {prose(item.help)}"]
    example = examples.EXAMPLES.get(item.name)
    if example is None:
        situation = module("modular_converter.testing.commands").COMMANDS[item.name]
        return [
            *blocks,
            f"Reported by `python -m modular_converter {situation.command}` if {situation.words}.",
        ]
    reported = [
        finding
        for finding in examples.findings(example, example.wrong)
        if finding.code == item.name
    ]
    for path, text in example.files.items():
        blocks += [f"`{path}`:", _python(text)]
    blocks += [f"`{examples.MODULAR}`:", _python(example.wrong)]
    render = module("modular_converter.diagnostics.record").render
    blocks += [f"```text\n{render(reported[0])}\n```", "Correct:", _python(example.right)]
    return blocks


def _python(text: str) -> str:
    return f"```python\n{text}```"
