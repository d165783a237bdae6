"""A model hub on this machine: the part of the HTTP API that publishing uses.

It believes nothing: tokens, digests and sizes of uploaded objects, parents of commits and deleted
paths are checked, and answered like the real one does. Failures can be injected.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.model_hub.content import Blob, Commit, Failure, ModelHub, Repository

_NAME = r"(?P<repo>[^/]+/[^/]+?)"
_SIGNATURE = "signature=of-this-upload"


class _Refusal(Exception):
    def __init__(self, status: int, message: str, code: str = "", **headers: str) -> None:
        self.status = status
        self.message = message
        self.headers = {**headers, "X-Error-Message": message}
        if code:
            self.headers["X-Error-Code"] = code


@contextmanager
def serving(hub: ModelHub) -> Iterator[ModelHub]:
    """Serves ``hub`` at ``hub.endpoint`` on a free port of this machine."""

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: ModelHub

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_GET

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        request = f"{self.command} {path}"
        body = self._body()
        with self.hub.lock:
            self.hub.requests.append(request)
            failure = self._failure(request)
            if failure is not None and not failure.late:
                self._fail(failure)
                return
            try:
                status, headers, content = self._dispatch(request, body)
            except _Refusal as refusal:
                status, headers = refusal.status, refusal.headers
                content = json.dumps({"error": refusal.message}).encode()
            if failure is not None:
                self._fail(failure)
                return
        self._send(status, headers, content)

    def _failure(self, request: str) -> Failure | None:
        for failure in self.hub.failures:
            if failure.times and re.search(failure.pattern, request):
                failure.times -= 1
                return failure
        return None

    def _fail(self, failure: Failure) -> None:
        if failure.status:
            content = json.dumps({"error": failure.message}).encode()
            self._send(failure.status, failure.headers, content)
        else:
            self.close_connection = True
            self.connection.close()

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            blocks = []
            while size := int(self.rfile.readline(), 16):
                blocks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(blocks)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _dispatch(self, request: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        for pattern, handle in _ROUTES:
            found = re.fullmatch(pattern, request)
            if found:
                answer = handle(self, body, **found.groupdict())
                if isinstance(answer, tuple):
                    status, headers, content = answer
                    return status, headers, content
                return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()
        raise _Refusal(404, f"no such route: {request}")

    def _owners(self) -> set[str] | None:
        """Whom the token may write for; None without a token."""
        header = self.headers.get("Authorization")
        if header is None:
            return None
        token = header.removeprefix("Bearer ")
        if token not in self.hub.tokens:
            raise _Refusal(401, "Invalid credentials in Authorization header")
        return self.hub.tokens[token]

    def _repository(self, repo: str) -> Repository:
        owners = self._owners()
        found = self.hub.repositories.get(repo)
        if found is None or (found.private and repo.split("/")[0] not in (owners or ())):
            raise _Refusal(
                404 if owners is not None else 401, "Repository not found", "RepoNotFound"
            )
        return found

    def _require_write(self, repo: str) -> None:
        owners = self._owners()
        if owners is None:
            raise _Refusal(401, "Authentication required")
        if repo.split("/")[0] not in owners:
            raise _Refusal(403, f"You don't have the rights to write to {repo}")

    def _commit_at(self, repo: str, revision: str) -> Commit:
        commit = self._repository(repo).head(revision)
        if commit is None:
            raise _Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return commit

    def _info(self, body: bytes, repo: str, revision: str | None = None) -> Any:
        commit = self._commit_at(repo, revision or "main")
        siblings = []
        for path, blob in sorted(commit.files.items()):
            entry = {"rfilename": path, "size": len(blob.content), "blobId": blob.oid}
            if blob.large:
                # Git knows a large file by its pointer.
                entry["blobId"] = Blob(b"pointer to " + blob.oid.encode(), False).oid
                size = len(blob.content)
                entry["lfs"] = {"size": size, "sha256": blob.oid, "pointerSize": 127}
            siblings.append(entry)
        if "blobs=" not in self.path:
            siblings = [{"rfilename": sibling["rfilename"]} for sibling in siblings]
        return {"id": repo, "sha": commit.oid, "siblings": siblings, "tags": []}

    def _resolve(self, body: bytes, repo: str, revision: str, path: str) -> Any:
        commit = self._commit_at(repo, revision)
        if path not in commit.files:
            raise _Refusal(404, "Entry not found", "EntryNotFound")
        blob = commit.files[path]
        headers = {"X-Repo-Commit": commit.oid, "ETag": f'"{blob.oid}"'}
        return 200, headers, blob.content

    def _create(self, body: bytes) -> Any:
        values = json.loads(body)
        repo = f"{values['organization']}/{values['name']}"
        self._require_write(repo)
        url = f"{self.hub.endpoint}/{repo}"
        if repo in self.hub.repositories:
            answer = {"error": "You already created this model repo", "url": url}
            return 409, {}, json.dumps(answer).encode()
        self.hub.create(repo, private=values.get("visibility") == "private")
        return {"url": url, "name": repo, "id": repo}

    def _branch(self, body: bytes, repo: str, branch: str) -> Any:
        self._require_write(repo)
        repository = self._repository(repo)
        if branch in repository.branches:
            raise _Refusal(409, f"Reference already exists: {branch}")
        repository.branches[branch] = list(repository.branches["main"])
        return {}

    def _validate_yaml(self, body: bytes) -> Any:
        if not json.loads(body)["content"].startswith("---\n"):
            errors = {"errors": [{"message": "no metadata"}], "warnings": []}
            return 400, {}, json.dumps(errors).encode()
        return {"errors": [], "warnings": []}

    def _preupload(self, body: bytes, repo: str, revision: str) -> Any:
        self._require_write(repo)
        there = self._commit_at(repo, revision).files
        answers = []
        for file in json.loads(body)["files"]:
            path = file["path"]
            large = path.endswith(".safetensors")
            answer = {"path": path, "uploadMode": "lfs" if large else "regular"}
            answer["shouldIgnore"] = path in self.hub.ignored
            if path in there:
                answer["oid"] = there[path].oid
            answers.append(answer)
        return {"files": answers}

    def _batch(self, body: bytes, repo: str) -> Any:
        self._require_write(repo)
        self._repository(repo)
        request = json.loads(body)
        if request["operation"] != "upload" or request["hash_algo"] != "sha256":
            raise _Refusal(422, "expected an upload with sha256")
        answers = []
        for each in request["objects"]:
            answer = {"oid": each["oid"], "size": each["size"]}
            if each["oid"] not in self.hub.objects:
                upload = f"{self.hub.endpoint}/storage/{each['oid']}?{_SIGNATURE}"
                verify = f"{self.hub.endpoint}/{repo}.git/info/lfs/objects/verify"
                answer["actions"] = {"upload": {"href": upload}, "verify": {"href": verify}}
            answers.append(answer)
        return {"transfer": "basic", "objects": answers}

    def _store(self, body: bytes, oid: str) -> Any:
        # As with a signed address of a storage service, which must not see the hub's token.
        if _SIGNATURE not in self.path:
            raise _Refusal(403, "SignatureDoesNotMatch")
        if "Authorization" in self.headers:
            raise _Refusal(400, "a token came to the storage")
        if hashlib.sha256(body).hexdigest() != oid:
            raise _Refusal(400, "the content has another SHA-256")
        self.hub.objects[oid] = body
        return {}

    def _verify(self, body: bytes, repo: str) -> Any:
        self._require_write(repo)
        values = json.loads(body)
        if len(self.hub.objects.get(values["oid"], b"")) != values["size"]:
            raise _Refusal(404, "no such object")
        return {}

    def _commit(self, body: bytes, repo: str, branch: str) -> Any:
        self._require_write(repo)
        repository = self._repository(repo)
        if branch not in repository.branches:
            raise _Refusal(404, f"Invalid rev id: {branch}", "RevisionNotFound")
        if self.headers.get("Content-Type") != "application/x-ndjson":
            raise _Refusal(415, "expected application/x-ndjson")
        self.hub.before_commit()
        header, *operations = map(json.loads, body.splitlines())
        head = repository.branches[branch][-1]
        if header["key"] != "header" or not header["value"]["summary"]:
            raise _Refusal(400, "expected a summary first")
        if header["value"].get("parentCommit", head.oid) != head.oid:
            raise _Refusal(412, "A commit has happened since. Please refresh and try again.")
        files = dict(head.files)
        for operation in operations:
            self._apply(operation["key"], operation["value"], files)
        commit = repository.commit(branch, header["value"]["summary"], files)
        url = f"{self.hub.endpoint}/{repo}/commit/{commit.oid}"
        return {"success": True, "commitUrl": url, "commitOid": commit.oid}

    def _apply(self, key: str, value: dict[str, Any], files: dict[str, Blob]) -> None:
        path = value["path"]
        if key == "file" and value["encoding"] == "base64":
            files[path] = Blob(base64.b64decode(value["content"], validate=True), False)
        elif key == "lfsFile":
            content = self.hub.objects.get(value["oid"])
            if content is None or len(content) != value["size"]:
                raise _Refusal(400, f"{path}: no object {value['oid']} of this size was uploaded")
            files[path] = Blob(content, True)
        elif key == "deletedFile" and path in files:
            del files[path]
        else:
            raise _Refusal(
                404, f"{key} {path}: A file with this name doesn't exist", "EntryNotFound"
            )


_ROUTES: list[tuple[str, Callable[..., Any]]] = [
    (rf"GET /api/models/{_NAME}", _Handler._info),
    (rf"GET /api/models/{_NAME}/revision/(?P<revision>.+)", _Handler._info),
    (rf"(?:GET|HEAD) /{_NAME}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", _Handler._resolve),
    (r"POST /api/repos/create", _Handler._create),
    (r"POST /api/validate-yaml", _Handler._validate_yaml),
    (rf"POST /api/models/{_NAME}/branch/(?P<branch>.+)", _Handler._branch),
    (rf"POST /api/models/{_NAME}/preupload/(?P<revision>.+)", _Handler._preupload),
    (rf"POST /{_NAME}\.git/info/lfs/objects/batch", _Handler._batch),
    (rf"POST /{_NAME}\.git/info/lfs/objects/verify", _Handler._verify),
    (r"PUT /storage/(?P<oid>[0-9a-f]{64})", _Handler._store),
    (rf"POST /api/models/{_NAME}/commit/(?P<branch>.+)", _Handler._commit),
]
