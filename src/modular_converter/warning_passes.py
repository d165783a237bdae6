"""All warnings of one conversion."""

from __future__ import annotations

from modular_converter.diagnostics import Diagnostic
from modular_converter.evidence import Evidence
from modular_converter.object_warnings import object_warnings
from modular_converter.override_warnings import override_warnings
from modular_converter.rename_warnings import rename_warnings


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
