"""Lints that checked-in generated files are fresh, and reports the converter's findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.util_rules.partitions import PartitionerType
from pants.engine.addresses import Address
from pants.engine.fs import Digest, DigestContents, MergeDigests, PathGlobs
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.modular.field_set import AllModularFieldSets, ModularFieldSet
from rules_transformers.modular.goals.lint_findings import (
    FindingsReport,
    FindingsReportRequest,
    distinct,
)
from rules_transformers.modular.subsystem import ModularConverter
from rules_transformers.modular.util_rules.convert import Conversions, ConversionsRequest
from rules_transformers.modular.util_rules.leftovers import leftover_messages, possible_paths
from rules_transformers.modular.util_rules.outline import GeneratedPaths
from rules_transformers.modular.util_rules.staleness import (
    difference,
    generate_command,
    stale_paths,
)
from rules_transformers.util_rules.pants_versions import SkippableSubsystem


class FreshnessRequest(LintTargetsRequest):
    field_set_type = ModularFieldSet
    tool_subsystem: ClassVar[SkippableSubsystem] = ModularConverter
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION


@rule(desc="Check that generated files are fresh", level=LogLevel.DEBUG)
async def lint_freshness(
    request: FreshnessRequest.Batch[ModularFieldSet, Any],
    all_field_sets: AllModularFieldSets,
    generated_paths: GeneratedPaths,
) -> LintResult:
    conversions = await Get(Conversions, ConversionsRequest(tuple(request.elements)))
    merged = await Get(
        Digest, MergeDigests(conversion.snapshot.digest for conversion in conversions)
    )
    fresh_contents, workspace_contents = await MultiGet(
        Get(DigestContents, Digest, merged),
        Get(DigestContents, PathGlobs(possible_paths(request.elements))),
    )
    fresh = {file.path: file.content for file in fresh_contents}
    workspace = {file.path: file.content for file in workspace_contents}

    stale_addresses: list[Address] = []
    stale: dict[str, None] = {}
    for field_set, conversion in zip(request.elements, conversions):
        files = {path: fresh[path] for path in conversion.snapshot.files}
        # A model none of whose generated files is checked in keeps them out of version control.
        stale_files = stale_paths(files, workspace) if workspace.keys() & files.keys() else ()
        if stale_files:
            stale_addresses.append(field_set.address)
            stale.update(dict.fromkeys(stale_files))
    # Errors and warnings; only errors fail.
    messages = [*distinct(conversion.messages for conversion in conversions)]
    messages += leftover_messages(
        [f for f, conversion in zip(request.elements, conversions) if conversion.exit_code == 0],
        all_field_sets,
        generated_paths,
        lambda path: workspace.get(path, b""),
    )
    failed = any(c.exit_code != 0 for c in conversions)
    reports = tuple(c.report for c in conversions if c.report is not None)
    report = await Get(FindingsReport, FindingsReportRequest(reports))
    if stale:
        messages.append(
            f"Stale generated files; `{generate_command(stale_addresses)}` brings them up to date"
        )
    return LintResult(
        exit_code=1 if failed or stale else 0,
        stdout="".join(difference(path, workspace.get(path), fresh[path]) for path in stale),
        stderr="\n".join(messages),
        linter_name=request.tool_name,
        partition_description=request.partition_metadata.description,
        report=report.digest,
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (*collect_rules(), *FreshnessRequest.rules())
