"""Puts a fixture into a repository of a model hub: one commit, or none where nothing differs."""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from huggingface_hub import constants, get_token
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id
from huggingface_hub.utils.sha import git_hash

from tiny_models.core.errors import CheckFailed, HubUnusable
from tiny_models.fixture.integrity import verify_integrity
from tiny_models.hub.failures import conflict, explained, with_retries
from tiny_models.hub.plan import LocalFile, PublishPlan, foreign_files, make_plan
from tiny_models.hub.repository import HubRepository, RemoteState
from tiny_models.request.manifest import NAME, Manifest, digest_file
from toolkit.errors import InputError, ToolError

PUBLISHED = "published"
UNCHANGED = "unchanged"
DRY_RUN = "dry run"
_SHOWN_FILES = 3
_TOKEN = re.compile(r"[!-~]+")
# What git accepts in a branch's name and nobody has to quote.
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")


@dataclass(frozen=True)
class PublishRequest:
    """What to publish and where to.

    ``endpoint`` is a hub's URL, by default HF_ENDPOINT or the public hub. ``private`` counts only
    for a repository that is made.
    """

    directory: str
    repo_id: str
    endpoint: str | None = None
    branch: str = "main"
    private: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Outcome:
    """What was done, or in a dry run would be.

    ``revision`` is the commit that holds the fixture; in a dry run the one that is there, if any.
    ``creates`` says what was missing: ``repository``, ``branch`` or nothing.
    """

    status: str
    repo_id: str
    endpoint: str
    branch: str
    revision: str | None
    plan: PublishPlan
    creates: str | None


@dataclass(frozen=True)
class _Fixture:
    directory: str
    manifest: Manifest
    files: Mapping[str, LocalFile]


def publish(request: PublishRequest, warn: Callable[[str], None]) -> Outcome:
    """Publishes a fixture after verifying its integrity; ``warn`` is called at every retry.

    Raises CheckFailed for a damaged fixture, InputError for a wrong name or a repository of
    something else, HubUnusable without access, HubConflict if somebody else committed.
    """
    endpoint = _checked_endpoint(request.endpoint)
    _check_names(request)
    fixture = _read_fixture(request.directory)
    token = _find_token(request)
    public_endpoint = _without_password(endpoint)
    repository = HubRepository(request.repo_id, request.branch, endpoint=endpoint, token=token)
    publication = _Publication(repository, fixture, request)
    try:
        status, revision, plan, creates = with_retries(publication.attempt, warn)
    except ToolError:
        raise
    except Exception as problem:
        error = explained(problem, repo_id=request.repo_id, endpoint=public_endpoint, token=token)
        if error is None:
            raise
        raise error from None
    return Outcome(
        status, request.repo_id, public_endpoint, request.branch, revision, plan, creates
    )


class _Publication:
    """Remembers between attempts what an earlier one found and may have done."""

    def __init__(
        self, repository: HubRepository, fixture: _Fixture, request: PublishRequest
    ) -> None:
        self._repository = repository
        self._fixture = fixture
        self._request = request
        self._creates: str | None = None
        self._parent: str | None = None
        # What was sent, while it is not known whether it arrived.
        self._sent: PublishPlan | None = None

    def attempt(self) -> tuple[str, str | None, PublishPlan, str | None]:
        """Status, revision, plan and what was created. May be called again after any failure."""
        state = self._repository.read()
        plan = self._plan(state)
        if self._sent is not None and state.head != self._parent:
            if not plan.empty:
                raise conflict(self._repository.repo_id)
            return PUBLISHED, state.head, self._sent, self._creates
        if not state.branch_exists:
            self._creates = "branch" if state.exists else "repository"
        if self._request.dry_run:
            return DRY_RUN, state.head, plan, self._creates
        if not state.branch_exists:
            state = self._create(state)
            plan = self._plan(state)
        if plan.empty:
            return UNCHANGED, state.head, plan, self._creates
        self._parent, self._sent = state.head, plan
        revision = self._repository.commit(
            self._fixture.directory,
            plan,
            parent=state.head,
            message=f"Publish {self._fixture.manifest.address}",
        )
        self._require_arrived(revision)
        return PUBLISHED, revision, plan, self._creates

    def _plan(self, state: RemoteState) -> PublishPlan:
        foreign = foreign_files(state.files)
        if state.manifest is None and foreign:
            raise InputError(
                f"the repository holds something else: it has {', '.join(foreign[:_SHOWN_FILES])}"
                f"{' and more' if len(foreign) > _SHOWN_FILES else ''}, and no {NAME}",
                place=self._repository.repo_id,
                hint="publish to another repository, or delete these files if they may be replaced",
            )
        return make_plan(self._fixture.files, state.files, state.manifest)

    def _create(self, state: RemoteState) -> RemoteState:
        if not state.exists:
            self._repository.create(private=self._request.private)
            state = self._repository.read()
        if state.exists and not state.branch_exists:
            self._repository.create_branch()
            state = self._repository.read()
        if not state.branch_exists:
            raise HubUnusable(
                "the repository exists, but the token may not see it",
                place=self._repository.repo_id,
                hint="use a token with access to it",
            )
        return state

    def _require_arrived(self, revision: str) -> None:
        left = self._plan(self._repository.read(revision))
        if not left.empty:
            paths = [change.path for change in (*left.added, *left.changed, *left.deleted)]
            raise CheckFailed(
                f"the commit {revision} does not hold the fixture: {', '.join(paths)}",
                place=self._repository.repo_id,
                hint="a .gitignore in the repository keeps files out of commits",
            )


def _read_fixture(directory: str) -> _Fixture:
    manifest = verify_integrity(directory)
    files = {}
    for name in (*manifest.files, NAME):
        path = os.path.join(directory, name)
        digest = digest_file(path)
        with open(path, "rb") as file:
            files[name] = LocalFile(digest.size, digest.sha256, git_hash(file.read()))
    return _Fixture(directory, manifest, files)


def _find_token(request: PublishRequest) -> str | None:
    try:
        token: str | None = get_token()
    except Exception as problem:  # noqa: BLE001 - each service fails in its own way
        # An exchange for a token with other services, each of which fails in its own way.
        raise HubUnusable(
            f"there is no token: {problem}", place=request.repo_id, hint="set HF_TOKEN to one"
        ) from None
    if token is None and not request.dry_run:
        raise HubUnusable(
            "there is no token",
            place=request.repo_id,
            hint="set HF_TOKEN to a token with write access; a dry run needs none for what is "
            "public",
        )
    if token is not None and not _TOKEN.fullmatch(token):
        raise HubUnusable(
            "the token has characters that no token has",
            place=request.repo_id,
            hint="set HF_TOKEN to the token alone, without quotes or spaces",
        )
    return token


def _check_names(request: PublishRequest) -> None:
    if request.repo_id.count("/") != 1:
        raise InputError(
            f"{request.repo_id!r} is not the name of a repository",
            hint="give OWNER/NAME, such as my-team/tiny-qwen3",
        )
    try:
        validate_repo_id(request.repo_id)
    except HFValidationError as problem:
        raise InputError(
            f"{request.repo_id!r} is not the name of a repository: {problem}",
            hint="give OWNER/NAME of letters, digits, `.`, `_` and `-`",
        ) from None
    if not _BRANCH.fullmatch(request.branch) or ".." in request.branch:
        raise InputError(
            f"{request.branch!r} is not the name of a branch",
            hint="give letters, digits, `.`, `_`, `-` and `/`, such as main",
        )


def _checked_endpoint(given: str | None) -> str:
    endpoint = (given or constants.ENDPOINT).rstrip("/")
    try:
        parts = urllib.parse.urlsplit(endpoint)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise InputError(
            f"{_without_password(endpoint)!r} is not the URL of a model hub",
            hint="set HF_ENDPOINT or --endpoint to a URL such as https://hub.example.com",
        )
    return endpoint


def _without_password(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url)
