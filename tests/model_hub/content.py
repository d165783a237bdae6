"""What a model hub holds: repositories, their commits, large objects, who may write."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Blob:
    """A file in a commit; a large one is known by its SHA-256."""

    content: bytes
    large: bool

    @property
    def oid(self) -> str:
        """The hub's identifier of it: git's id, or for a large file the SHA-256."""
        if self.large:
            return hashlib.sha256(self.content).hexdigest()
        return hashlib.sha1(b"blob %d\0%b" % (len(self.content), self.content)).hexdigest()


@dataclass(frozen=True)
class Commit:
    oid: str
    message: str
    files: dict[str, Blob]


@dataclass
class Repository:
    """A repository: its branches, each a list of commits, oldest first."""

    private: bool
    branches: dict[str, list[Commit]] = field(default_factory=dict)

    def head(self, revision: str) -> Commit | None:
        if revision in self.branches:
            return self.branches[revision][-1]
        commits = [each for branch in self.branches.values() for each in branch]
        return next((commit for commit in commits if commit.oid == revision), None)

    def commit(self, branch: str, message: str, files: dict[str, Blob]) -> Commit:
        commits = self.branches.setdefault(branch, [])
        parent = commits[-1].oid if commits else ""
        listing = sorted((path, blob.oid) for path, blob in files.items())
        oid = hashlib.sha1(repr((parent, message, listing)).encode()).hexdigest()
        commits.append(Commit(oid, message, files))
        return commits[-1]


@dataclass
class Failure:
    """Makes the next ``times`` requests fail whose method and path match ``pattern``.

    ``status`` 0 drops the connection, after the request has had its effect if ``late``.
    """

    pattern: str
    status: int
    times: int = 1
    late: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "injected"


@dataclass
class ModelHub:
    """The hub's content, and what was asked of it.

    ``tokens`` has for each token the owners that it may write to. ``before_commit`` is called
    before each commit, as somebody else who is faster.
    """

    tokens: dict[str, set[str]]
    endpoint: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    before_commit: Callable[[], None] = lambda: None
    ignored: set[str] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def create(self, repo_id: str, *, private: bool = False) -> Repository:
        """A repository as the hub makes it."""
        repository = self.repositories[repo_id] = Repository(private)
        repository.commit("main", "initial commit", {".gitattributes": Blob(b"* text\n", False)})
        return repository

    def push(self, repo_id: str, files: dict[str, bytes | None], branch: str = "main") -> None:
        """Somebody else's commit; None deletes a file."""
        repository = self.repositories[repo_id]
        content = dict(repository.branches[branch][-1].files)
        for path, value in files.items():
            content.pop(path, None)
            if value is not None:
                content[path] = Blob(value, path.endswith(".safetensors"))
        repository.commit(branch, "by somebody else", content)

    def files(self, repo_id: str, revision: str = "main") -> dict[str, bytes]:
        """The content of each file at a revision."""
        commit = self.repositories[repo_id].head(revision)
        assert commit is not None, revision
        return {path: blob.content for path, blob in commit.files.items()}

    def messages(self, repo_id: str, branch: str = "main") -> list[str]:
        """The message of each commit, oldest first."""
        return [each.message for each in self.repositories[repo_id].branches[branch]]

    def writes(self) -> list[str]:
        """The requests that would change something."""
        return [request for request in self.requests if not request.startswith(("GET ", "HEAD "))]
