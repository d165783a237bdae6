"""The rules of Pants that this repository's rules request, by what they make of what.

Names and parameters are those of 2.29 to 2.33; `tests/contracts/pants_api` holds them against the
releases.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A rule that can be called by name.

    :param takes_request: whether the request is its first parameter. If not, the engine makes the
        first parameter of it, by other rules.
    :param takes_more: whether it has further parameters, which the engine fills.
    """

    module: str
    function: str
    takes_request: bool = True
    takes_more: bool = False


_INTRINSICS = "pants.engine.intrinsics"
_GRAPH = "pants.engine.internals.graph"
_BUILD_FILES = "pants.engine.internals.build_files"
_PEX = "pants.backend.python.util_rules.pex"
_INFERENCE = "pants.backend.python.dependency_inference"

_PROCESS_RESULT = Rule("pants.engine.process", "execute_process_or_raise", takes_request=False)
_SNAPSHOT = Rule(_INTRINSICS, "digest_to_snapshot", takes_request=False)
_CONTENTS = Rule(_INTRINSICS, "get_digest_contents", takes_request=False)

# By product and request, as a `Get` names them.
PANTS_RULES = {
    ("Address", "AddressInput"): Rule(_BUILD_FILES, "resolve_address", takes_request=False),
    ("Addresses", "UnparsedAddressInputs"): Rule(
        _GRAPH, "resolve_unparsed_address_inputs", takes_more=True
    ),
    ("Digest", "AddPrefix"): Rule(_INTRINSICS, "add_prefix"),
    ("Digest", "CreateArchive"): Rule(
        "pants.core.util_rules.archive", "create_archive", takes_more=True
    ),
    ("Digest", "CreateDigest"): Rule(_INTRINSICS, "create_digest"),
    ("Digest", "DigestSubset"): Rule(_INTRINSICS, "digest_subset_to_digest"),
    ("Digest", "MergeDigests"): Rule(_INTRINSICS, "merge_digests"),
    ("Digest", "PathGlobs"): Rule(_INTRINSICS, "path_globs_to_digest"),
    ("Digest", "RemovePrefix"): Rule(_INTRINSICS, "remove_prefix"),
    ("DigestContents", "CreateDigest"): _CONTENTS,
    ("DigestContents", "Digest"): Rule(_INTRINSICS, "get_digest_contents"),
    ("DigestContents", "DigestSubset"): _CONTENTS,
    ("DigestContents", "MergeDigests"): _CONTENTS,
    ("DigestContents", "PathGlobs"): _CONTENTS,
    ("DigestEntries", "Digest"): Rule(_INTRINSICS, "get_digest_entries"),
    ("DigestEntries", "MergeDigests"): Rule(_INTRINSICS, "get_digest_entries", takes_request=False),
    ("EnvironmentVars", "EnvironmentVarsRequest"): Rule(
        "pants.core.util_rules.env_vars", "environment_vars_subset", takes_more=True
    ),
    ("FallibleProcessResult", "Process"): Rule(_INTRINSICS, "execute_process", takes_more=True),
    ("HydratedSources", "HydrateSourcesRequest"): Rule(_GRAPH, "hydrate_sources", takes_more=True),
    ("InferredDependencies", "InferInitDependencies"): Rule(
        f"{_INFERENCE}.rules", "infer_python_init_dependencies", takes_more=True
    ),
    ("Lockfile", "Resolve"): Rule(
        "pants.backend.python.util_rules.pex_requirements",
        "get_lockfile_for_resolve",
        takes_more=True,
    ),
    ("MaybeGitWorktree", "GitWorktreeRequest"): Rule(
        "pants.vcs.git", "get_git_worktree", takes_more=True
    ),
    ("ParsedPythonDependencies", "ParsePythonDependenciesRequest"): Rule(
        f"{_INFERENCE}.parse_python_dependencies", "parse_python_dependencies", takes_more=True
    ),
    ("Paths", "PathGlobs"): Rule(_INTRINSICS, "path_globs_to_paths"),
    ("Pex", "IsolatedPex"): Rule(_PEX, "create_pex"),
    ("Pex", "PexRequest"): Rule(_PEX, "create_pex"),
    ("ProcessResult", "Process"): _PROCESS_RESULT,
    ("ProcessResult", "VenvPexProcess"): _PROCESS_RESULT,
    ("PythonExecutable", "InterpreterConstraints"): Rule(_PEX, "find_interpreter", takes_more=True),
    ("PythonModuleOwners", "PythonModuleOwnersRequest"): Rule(
        f"{_INFERENCE}.module_mapper", "map_module_to_address", takes_more=True
    ),
    ("PythonSourceFiles", "PythonSourceFilesRequest"): Rule(
        "pants.backend.python.util_rules.python_sources",
        "prepare_python_sources",
        takes_more=True,
    ),
    ("ResolvedParsedPythonDependencies", "ResolvedParsedPythonDependenciesRequest"): Rule(
        f"{_INFERENCE}.rules", "resolve_parsed_dependencies", takes_more=True
    ),
    ("Snapshot", "AddPrefix"): _SNAPSHOT,
    ("Snapshot", "CreateDigest"): _SNAPSHOT,
    ("Snapshot", "Digest"): Rule(_INTRINSICS, "digest_to_snapshot"),
    ("Snapshot", "DigestSubset"): _SNAPSHOT,
    ("Snapshot", "MergeDigests"): _SNAPSHOT,
    ("Snapshot", "PathGlobs"): _SNAPSHOT,
    ("Snapshot", "RemovePrefix"): _SNAPSHOT,
    ("SourceFiles", "SourceFilesRequest"): Rule(
        "pants.core.util_rules.source_files", "determine_source_files"
    ),
    ("SourceRoot", "SourceRootRequest"): Rule("pants.source.source_root", "get_source_root"),
    ("SourceRootsResult", "SourceRootsRequest"): Rule(
        "pants.source.source_root", "get_source_roots"
    ),
    ("SpecsPaths", "Specs"): Rule("pants.engine.internals.specs_rules", "resolve_specs_paths"),
    ("StrippedFileName", "StrippedFileNameRequest"): Rule(
        "pants.core.util_rules.stripped_source_files", "strip_file_name"
    ),
    ("TargetAdaptor", "TargetAdaptorRequest"): Rule(_BUILD_FILES, "find_target_adaptor"),
    ("Targets", "Addresses"): Rule(_GRAPH, "resolve_targets", takes_request=False),
    ("Targets", "DependenciesRequest"): Rule(_GRAPH, "resolve_targets", takes_request=False),
    ("TransitiveTargets", "TransitiveTargetsRequest"): Rule(
        _GRAPH, "transitive_targets", takes_more=True
    ),
    ("VenvPex", "IsolatedVenvPex"): Rule(_PEX, "create_venv_pex", takes_more=True),
    ("VenvPex", "PexRequest"): Rule(_PEX, "create_venv_pex", takes_request=False),
    ("VenvPex", "VenvPexRequest"): Rule(_PEX, "create_venv_pex", takes_more=True),
    ("WrappedTarget", "WrappedTargetRequest"): Rule(_GRAPH, "resolve_target", takes_more=True),
}
