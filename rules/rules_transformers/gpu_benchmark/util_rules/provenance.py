"""What state of the repository a run of benchmarks was of."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from pants.base.build_root import BuildRoot
from pants.core.util_rules.system_binaries import GitBinaryException
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.vcs.git import GitWorktreeRequest, MaybeGitWorktree

PROVENANCE_FILE = "provenance.json"


@dataclass(frozen=True)
class Provenance:
    """The commit of the workspace, which is not part of what is cached.

    :param commit: None outside a Git repository.
    :param dirty: whether files differ from that commit.
    """

    commit: str | None
    dirty: bool

    def document(self, address: str) -> bytes:
        """The text of `provenance.json` for the benchmark at `address`."""
        values = {
            "schema": 1,
            "address": address,
            "commit": self.commit,
            "dirty": self.dirty,
        }
        return (json.dumps(values, indent=1, sort_keys=True) + "\n").encode()


@rule
async def find_provenance(build_root: BuildRoot) -> Provenance:
    try:
        maybe_worktree = await Get(
            MaybeGitWorktree, GitWorktreeRequest(subdir=build_root.pathlib_path)
        )
        worktree = maybe_worktree.git_worktree
        if worktree is None:
            return Provenance(None, False)
        dirty = bool(worktree.changed_files(include_untracked=True))
        return Provenance(worktree.commit_id, dirty)
    except GitBinaryException:
        # A repository without a commit yet.
        return Provenance(None, True)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
