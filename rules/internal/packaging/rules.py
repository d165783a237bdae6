from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from pants.core.target_types import ResourceSourceField
from pants.engine.fs import AddPrefix, Snapshot
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import GeneratedSources, GenerateSourcesRequest
from pants.engine.unions import UnionRule

from internal.packaging.target_types import ToolNamesField, ToolResourcesField
from rules_transformers.util_rules.tool_sources import (
    WHEEL_DIR,
    ToolSources,
    ToolSourcesRequest,
)


class GenerateToolResourcesRequest(GenerateSourcesRequest):
    input = ToolResourcesField
    output = ResourceSourceField
    exportable = False


@rule
async def generate_tool_resources(request: GenerateToolResourcesRequest) -> GeneratedSources:
    target = request.protocol_target
    tools = await Get(ToolSources, ToolSourcesRequest(tuple(target[ToolNamesField].value)))
    place = PurePosixPath(target.address.spec_path) / WHEEL_DIR.name
    return GeneratedSources(await Get(Snapshot, AddPrefix(tools.digest, str(place))))


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(GenerateSourcesRequest, GenerateToolResourcesRequest),
    )
