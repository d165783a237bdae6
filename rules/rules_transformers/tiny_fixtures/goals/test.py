"""Makes the fixtures that a test depends on loadable by their names: places a pytest plugin."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import PurePosixPath

from pants.backend.python.goals.pytest_runner import PytestPluginSetup, PytestPluginSetupRequest
from pants.backend.python.target_types import PythonTestSourceField
from pants.engine.fs import (
    AddPrefix,
    CreateDigest,
    Digest,
    FileContent,
    MergeDigests,
)
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import Target, TransitiveTargets, TransitiveTargetsRequest
from pants.engine.unions import UnionRule
from pants.source.source_root import SourceRoot, SourceRootRequest

from rules_transformers.tiny_fixtures.field_set import TinyFixtureFieldSet
from rules_transformers.tiny_fixtures.subsystem import PACKAGE
from rules_transformers.tiny_fixtures.util_rules.build import BuildFixtureRequest, FixtureProblem
from rules_transformers.tiny_fixtures.util_rules.model_sources import (
    ModelSources,
    ModelSourcesRequest,
)
from rules_transformers.tiny_fixtures.util_rules.repo_ids import find_clashes
from rules_transformers.util_rules.tool_sources import SANDBOX_DIR, ToolSources, ToolSourcesRequest

PLUGIN = "_rules_transformers_pytest"
# One file for each target: pytest may run a batch of targets in one process.
INDEX_DIR = "__tiny_fixtures_of_tests"
_SCHEMA = 1
# What the plugin imports, and no more: the rest would cost each test's sandbox time, and a change
# to it would run each test again.
MODULES = (
    "rules_transformers_contract/__init__",
    "rules_transformers_contract/exit_codes",
    "tiny_models/__init__",
    "tiny_models/core/__init__",
    "tiny_models/core/errors",
    "tiny_models/core/torch_pair",
    "tiny_models/core/values",
    "tiny_models/fixture/__init__",
    "tiny_models/fixture/locate",
    "tiny_models/repository/__init__",
    "tiny_models/repository/auto_registration",
    "tiny_models/request/__init__",
    "tiny_models/request/manifest",
    "tiny_models/runtime/__init__",
    "tiny_models/runtime/activation",
    "tiny_models/runtime/code_coverage",
    "tiny_models/runtime/fixtures_of_tests",
    "tiny_models/runtime/hub_cache",
    "tiny_models/runtime/left_out",
    "tiny_models/runtime/loaded_fixture",
    "tiny_models/runtime/offline_failure",
    "tiny_models/runtime/private_files",
    "tiny_models/runtime/pytest_plugin",
    "tiny_models/runtime/short_report",
    "toolkit/__init__",
    "toolkit/directory_tree",
    "toolkit/errors",
    "toolkit/exit_codes",
    "toolkit/input_file",
    "toolkit/json_text",
    "toolkit/newer_syntax",
    "toolkit/os_errors",
    "toolkit/paths",
    "toolkit/private_copy",
    "toolkit/scratch_directory",
    "toolkit/suggestions",
)
_MODULE = f'''\
"""Placed by rules_transformers: starts the pytest plugin of its tiny fixtures."""

import sys
from pathlib import Path

# At the end, so that no module of the repository is shadowed.
sys.path.append(str(Path("{SANDBOX_DIR}").absolute()))

from {PACKAGE}.runtime.pytest_plugin import *  # noqa: E402, F403
from {PACKAGE}.runtime.pytest_plugin import start  # noqa: E402

start(
    sorted(Path("{INDEX_DIR}").glob("*.json")),
    # Pants, too, places files that are not there for the report: it forgets to leave its PEXes out
    # where coverage.py looks into namespace packages.
    own_files=("*/{SANDBOX_DIR}/*", "*/{PLUGIN}.py", "*/*.pex/*"),
)
'''


class FixturesPytestPluginRequest(PytestPluginSetupRequest):
    @classmethod
    def is_applicable(cls, target: Target) -> bool:
        return target.has_field(PythonTestSourceField)


@rule
async def place_pytest_plugin(request: FixturesPytestPluginRequest) -> PytestPluginSetup:
    transitive = await Get(TransitiveTargets, TransitiveTargetsRequest([request.target.address]))
    field_sets = sorted(
        (
            TinyFixtureFieldSet.create(target)
            for target in transitive.dependencies
            if TinyFixtureFieldSet.is_applicable(target)
        ),
        key=lambda field_set: field_set.address,
    )
    if not field_sets:
        return PytestPluginSetup()
    path = request.target[PythonTestSourceField].file_path
    source_root, modules = await MultiGet(
        Get(SourceRoot, SourceRootRequest, SourceRootRequest.for_file(path)),
        Get(
            ToolSources,
            ToolSourcesRequest(tuple(f"{module}.py" for module in MODULES)),
        ),
    )
    problems = await MultiGet(
        Get(FixtureProblem, BuildFixtureRequest(field_set)) for field_set in field_sets
    )
    built = [field_set for field_set, problem in zip(field_sets, problems) if not problem.message]
    sources = await MultiGet(
        Get(ModelSources, ModelSourcesRequest.of(field_set)) for field_set in built
    )
    index = {
        "schema": _SCHEMA,
        "test": path,
        "fixtures": [
            {"directory": field_set.directory, "module": source.module}
            for field_set, source in zip(built, sources)
        ],
        "problems": [
            *find_clashes(request.target.address, field_sets),
            *(problem.message for problem in problems if problem.message),
        ],
    }
    index_file = f"{INDEX_DIR}/{request.target.address.path_safe_spec}.json"
    root = PurePosixPath(source_root.path)
    info = root / f"{PLUGIN}-1.dist-info"
    plugin = await Get(
        Digest,
        CreateDigest(
            [
                FileContent(index_file, (json.dumps(index, indent=1) + "\n").encode()),
                FileContent(str(root / f"{PLUGIN}.py"), _MODULE.encode()),
                FileContent(
                    str(info / "entry_points.txt"),
                    f"[pytest11]\nrules_transformers_fixtures = {PLUGIN}\n".encode(),
                ),
                FileContent(
                    str(info / "METADATA"),
                    f"Metadata-Version: 2.1\nName: {PLUGIN}\nVersion: 1\n".encode(),
                ),
            ]
        ),
    )
    tools = await Get(Digest, AddPrefix(modules.digest, SANDBOX_DIR))
    return PytestPluginSetup(await Get(Digest, MergeDigests([tools, plugin])))


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(PytestPluginSetupRequest, FixturesPytestPluginRequest),
    )
