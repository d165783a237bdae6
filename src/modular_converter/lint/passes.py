"""All warnings of one conversion."""

from __future__ import annotations

from modular_converter.diagnostics.record import Diagnostic
from modular_converter.lint.dropped_code import object_warnings
from modular_converter.lint.facts import Evidence
from modular_converter.lint.overrides import override_warnings
from modular_converter.lint.renames import rename_warnings


def find_warnings(
    evidence: Evidence, known: list[Diagnostic]
) -> tuple[tuple[Diagnostic, ...], frozenset[str]]:
    """The warnings that a conversion gives rise to, and those already ``known``.

    What the ignore comments of the modular file silence is left out. The second part are the words
    and addresses that renaming made, also where no warning about them is visible.
    """
    ignores = evidence.index.ignores
    findings = [*known, *ignores.findings]
    if evidence.nodes:
        findings += [
            *object_warnings(evidence),
            *override_warnings(evidence),
            *rename_warnings(evidence),
        ]
    renamed = frozenset(change.new for finding in findings for change in finding.changes)
    return tuple(ignores.visible(findings)), renamed
