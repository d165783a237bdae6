"""One branch of one repository of a model hub, through the client of huggingface_hub."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status, http_backoff

from tiny_models.hub.plan import PublishPlan, RemoteFile
from tiny_models.request.manifest import NAME, Manifest, parse_manifest
from toolkit.errors import InputError


@dataclass(frozen=True)
class RemoteState:
    """What a repository holds at one moment.

    ``head`` is the commit that was read, None if there is none. Of a branch that does not
    exist it is that of the main branch, from which it would start.
    """

    exists: bool
    branch_exists: bool
    head: str | None = None
    files: Mapping[str, RemoteFile] = field(default_factory=dict)
    manifest: Manifest | None = None


class HubRepository:
    """Reads and writes ``branch`` of ``repo_id``; raises the client's own errors."""

    def __init__(self, repo_id: str, branch: str, *, endpoint: str, token: str | None) -> None:
        self.repo_id = repo_id
        self.branch = branch
        self._endpoint = endpoint
        # False: a token that is lying about elsewhere is not used.
        self._token: str | bool = token or False
        self._api = HfApi(endpoint=endpoint, token=self._token)

    def read(self, revision: str | None = None) -> RemoteState:
        """What is there now, at ``revision`` or at the head of the branch.

        Raises InputError if the repository has a ``fixture.json`` that is not a manifest.
        """
        try:
            return self._read(revision or self.branch)
        except GatedRepoError:
            raise
        except RepositoryNotFoundError as problem:
            # A hub answers 401 both for a wrong token and, to nobody in particular, for what is
            # missing.
            if problem.response.status_code == HTTPStatus.UNAUTHORIZED and self._token:
                raise
            return RemoteState(exists=False, branch_exists=False)
        except RevisionNotFoundError:
            if revision is not None:
                raise
        # The default branch, whatever its name.
        state = self._read(None)
        return RemoteState(True, False, state.head, state.files, state.manifest)

    def _read(self, revision: str | None) -> RemoteState:
        info = self._api.model_info(self.repo_id, revision=revision, files_metadata=True)
        files = {
            sibling.rfilename: RemoteFile(
                sibling.size, None if sibling.lfs is None else sibling.lfs.sha256, sibling.blob_id
            )
            for sibling in info.siblings or ()
        }
        manifest = None
        if NAME in files and info.sha is not None:
            content = self._manifest_bytes(info.sha)
            manifest = self._parsed(content)
            files[NAME] = RemoteFile(len(content), hashlib.sha256(content).hexdigest(), None)
        return RemoteState(True, True, info.sha, files, manifest)

    def _manifest_bytes(self, revision: str) -> bytes:
        url = hf_hub_url(self.repo_id, NAME, revision=revision, endpoint=self._endpoint)
        headers = build_hf_headers(token=self._token)
        response = http_backoff("GET", url, headers=headers, follow_redirects=True)
        hf_raise_for_status(response)
        return bytes(response.content)

    def _parsed(self, content: bytes) -> Manifest:
        try:
            return parse_manifest(json.loads(content))
        except (ValueError, RecursionError) as problem:
            raise InputError(
                f"the {NAME} in the repository is not a fixture's manifest: {problem}",
                place=self.repo_id,
                hint="publish to another repository, or delete that file if it may be replaced",
            ) from None

    def create(self, *, private: bool) -> None:
        """Makes the repository unless it exists. ``private`` counts only for a new one."""
        self._api.create_repo(self.repo_id, private=private or None, exist_ok=True)

    def create_branch(self) -> None:
        """Makes the branch unless it exists, from the head of the main branch."""
        self._api.create_branch(self.repo_id, branch=self.branch, exist_ok=True)

    def commit(self, directory: str, plan: PublishPlan, *, parent: str | None, message: str) -> str:
        """Writes all changes of ``plan`` as one commit on top of ``parent``; returns its id.

        Files are taken from ``directory``. A hub refuses it where the branch is not at ``parent``.
        """
        operations = [
            *(
                CommitOperationAdd(change.path, os.path.join(directory, change.path))
                for change in (*plan.added, *plan.changed)
            ),
            *(CommitOperationDelete(change.path, is_folder=False) for change in plan.deleted),
        ]
        done = self._api.create_commit(
            self.repo_id,
            operations,
            commit_message=message,
            revision=self.branch,
            parent_commit=parent,
        )
        return str(done.oid)
