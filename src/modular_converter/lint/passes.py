"""All warnings of one conversion."""

from __future__ import annotations

from modular_converter.diagnostics.record import Diagnostic
from modular_converter.lint.calls import call_warnings
from modular_converter.lint.dropped_code import object_warnings
from modular_converter.lint.facts import ConversionFacts
from modular_converter.lint.inheritance import inheritance_warnings
from modular_converter.lint.overrides import override_warnings
from modular_converter.lint.renames import rename_warnings
from modular_converter.lint.resolution import resolution_warnings


def find_warnings(
    facts: ConversionFacts, known: list[Diagnostic], *, looks_up_names: bool = True
) -> tuple[tuple[Diagnostic, ...], frozenset[str]]:
    """The warnings that a conversion gives rise to, and those already ``known``.

    Warnings that the ignore comments of the modular file suppress are left out. The second part is
    the words and addresses that renaming made, including those without a visible warning.

    :param looks_up_names: see ``resolution_warnings``.
    """
    ignores = facts.index.ignores
    findings = [*known, *ignores.findings]
    if facts.nodes:
        findings += [
            *object_warnings(facts),
            *override_warnings(facts),
            *rename_warnings(facts),
            *inheritance_warnings(facts),
            *call_warnings(facts),
            *resolution_warnings(facts, looks_up_names=looks_up_names),
        ]
    renamed = frozenset(change.new for finding in findings for change in finding.changes)
    return tuple(ignores.visible(findings)), renamed
