"""Files of the repository at another revision, out of Git."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.base.build_root import BuildRoot
from pants.core.util_rules.system_binaries import MaybeGitBinary
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import Digest, RemovePrefix
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope, ProcessResult
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

_OUTPUT_DIR = "__tree"
# Writes what an index of its own lists, so that the user's index and working tree stay as they are.
_CHECK_OUT = """
set -e
git=$1 repository=$2 commit=$3 output=$4
shift 4
export GIT_INDEX_FILE="$PWD/__index" GIT_LFS_SKIP_SMUDGE=1
mkdir -p "$output"
"$git" --git-dir="$repository" read-tree "$commit"
"$git" --git-dir="$repository" --work-tree=. ls-files -z -- "$@" > __paths
"$git" --git-dir="$repository" --work-tree=. -c core.autocrlf=false \
    checkout-index -z --stdin --prefix="$output/" < __paths
"""


@dataclass(frozen=True)
class RevisionRequest:
    """Asks which commit a revision such as `main` is now."""

    name: str


@dataclass(frozen=True)
class Revision:
    """A commit.

    :param repository: the directory that Git keeps it in.
    :param prefix: the build root relative to the repository's root; empty, or with a slash.
    :param problem: why there is none; empty if there is one.
    """

    commit: str = ""
    repository: str = ""
    prefix: str = ""
    problem: str = ""


@dataclass(frozen=True)
class RevisionFilesRequest:
    """Asks for files of a commit by `PathGlobs`-like patterns, relative to the build root."""

    revision: Revision
    patterns: tuple[str, ...]


@dataclass(frozen=True)
class RevisionFiles:
    """Files of a commit at their places relative to the build root."""

    digest: Digest


@rule(desc="Look up a Git revision", level=LogLevel.DEBUG)
async def find_revision(
    request: RevisionRequest, git: MaybeGitBinary, build_root: BuildRoot
) -> Revision:
    name = request.name
    if git.git_binary is None:
        return Revision(problem="git was not found")
    # Of the variables that make Git trust a directory, a sandbox has none.
    variables = await Get(EnvironmentVars, EnvironmentVarsRequest(["HOME", "PATH"]))
    where = ("-C", build_root.path, "rev-parse")
    place = await Get(
        FallibleProcessResult,
        Process(
            (git.git_binary.path, *where, "--absolute-git-dir", "--show-prefix"),
            env=variables,
            description="Find the Git repository",
            level=LogLevel.DEBUG,
            cache_scope=ProcessCacheScope.PER_SESSION,
        ),
    )
    if place.exit_code != 0:
        return Revision(problem="the build root is not in a Git repository")
    commit = await Get(
        FallibleProcessResult,
        Process(
            (git.git_binary.path, *where, "--verify", "--quiet", f"{name}^{{commit}}"),
            env=variables,
            description=f"Look up {name}",
            level=LogLevel.DEBUG,
            cache_scope=ProcessCacheScope.PER_SESSION,
        ),
    )
    if name.startswith("-") or commit.exit_code != 0:
        return Revision(problem=f"Git knows no commit {name!r}")
    repository, prefix = place.stdout.decode().split("\n")[:2]
    return Revision(commit.stdout.decode().strip(), repository, prefix)


@rule(desc="Read files of a Git revision", level=LogLevel.DEBUG)
async def read_revision_files(request: RevisionFilesRequest, git: MaybeGitBinary) -> RevisionFiles:
    revision = request.revision
    assert git.git_binary is not None, "there is no revision without Git"
    variables = await Get(EnvironmentVars, EnvironmentVarsRequest(["HOME", "PATH"]))
    root = f"{_OUTPUT_DIR}/{revision.prefix}".rstrip("/")
    result = await Get(
        ProcessResult,
        Process(
            (
                *("/bin/sh", "-c", _CHECK_OUT, "sh", git.git_binary.path),
                *(revision.repository, revision.commit, _OUTPUT_DIR),
                *_pathspecs(revision.prefix, request.patterns),
            ),
            env=variables,
            output_directories=(root,),
            description=f"Read files of {revision.commit[:12]}",
            level=LogLevel.DEBUG,
        ),
    )
    return RevisionFiles(await Get(Digest, RemovePrefix(result.output_digest, root)))


def _pathspecs(prefix: str, patterns: Iterable[str]) -> Iterable[str]:
    # From the root of the repository, where `*` does not match a slash.
    return sorted({f":(top,glob){prefix}{pattern}" for pattern in patterns})


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
