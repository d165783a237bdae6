from __future__ import annotations

import hashlib
from collections.abc import Mapping

from huggingface_hub.utils.sha import git_hash
from hypothesis import given
from hypothesis import strategies as st

from tiny_models.hub.plan import (
    LocalFile,
    PublishPlan,
    RemoteFile,
    foreign_files,
    make_plan,
)
from tiny_models.request.manifest import FileEntry, Manifest

_PATHS = st.sampled_from([".gitattributes", "README.md", "a.json", "b.json", "d/c.safetensors"])
_TREES = st.dictionaries(_PATHS, st.binary(max_size=2))
_DIGESTS = st.sampled_from(["sha256", "git", "nothing"])


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _local(tree: Mapping[str, bytes]) -> dict[str, LocalFile]:
    return {p: LocalFile(len(c), _sha256(c), git_hash(c)) for p, c in tree.items()}


def _remote(tree: Mapping[str, bytes], digests: str) -> dict[str, RemoteFile]:
    return {
        path: RemoteFile(
            len(content),
            _sha256(content) if digests == "sha256" else None,
            git_hash(content) if digests == "git" else None,
        )
        for path, content in tree.items()
    }


def _manifest(tree: Mapping[str, bytes]) -> Manifest:
    files = {path: FileEntry(len(content), _sha256(content)) for path, content in tree.items()}
    return Manifest("m:t", None, "toy", "Toy", 0, "float32", "5", "0" * 64, files, {})


def _applied(
    plan: PublishPlan, to: Mapping[str, bytes], local: Mapping[str, bytes]
) -> dict[str, bytes]:
    written = {change.path: local[change.path] for change in (*plan.added, *plan.changed)}
    gone = {change.path for change in plan.deleted}
    return {path: content for path, content in {**to, **written}.items() if path not in gone}


@given(local=_TREES, remote=_TREES, published=_TREES, digests=st.sampled_from(["sha256", "git"]))
def test_the_plan_makes_the_repository_hold_the_fixture(
    local: dict[str, bytes], remote: dict[str, bytes], published: dict[str, bytes], digests: str
) -> None:
    manifest = _manifest(published)
    plan = make_plan(_local(local), _remote(remote, digests), manifest)
    after = _applied(plan, remote, local)
    assert {path: after[path] for path in local} == local
    # What stays besides is not from a fixture, and what is not from a fixture stays.
    from_fixtures = published.keys() - {".gitattributes"}
    assert not (after.keys() - local.keys()) & from_fixtures
    strangers = remote.keys() - from_fixtures - local.keys()
    assert {path: after[path] for path in strangers} == {p: remote[p] for p in strangers}
    assert make_plan(_local(local), _remote(after, digests), _manifest(local)).empty
    # Nothing is written that is there already.
    assert all(
        remote.get(change.path) != local[change.path] for change in (*plan.added, *plan.changed)
    )


@given(local=_TREES, digests=_DIGESTS)
def test_what_the_manifest_lists_is_believed_where_the_hub_digests_nothing(
    local: dict[str, bytes], digests: str
) -> None:
    assert make_plan(_local(local), _remote(local, digests), _manifest(local)).empty
    unlisted = make_plan(_local(local), _remote(local, digests), None)
    assert [change.path for change in unlisted.changed] == (
        sorted(local) if digests == "nothing" else []
    )


def test_somebody_elses_repository() -> None:
    assert foreign_files(_remote({".gitattributes": b"", "README.md": b""}, "git")) == []
    assert foreign_files(_remote({"README.md": b"", "a.bin": b""}, "git")) == ["a.bin"]
