"""The real client against a hub on this machine."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.model_hub.content import Failure, ModelHub
from tests.model_hub.server import serving
from tiny_models.cli.main import main
from tiny_models.fixture.integrity_test import make, seal
from tiny_models.request.manifest import read_manifest

TOKEN = "hf_secretOfTheTests"
REPO = "team/tiny-toy"
CARD = "---\nlibrary_name: transformers\n---\n# toy\n"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModelHub]:
    """A hub with a token in the environment, and whose client does not really wait."""
    # What the client read at its import, in a process that may have imported it otherwise.
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    for name in ("HF_HUB_OFFLINE", "HF_TOKEN_PATH", "HF_OIDC_RESOURCE", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(time, "sleep", WAITED.append)
    WAITED.clear()
    with serving(ModelHub({TOKEN: {"team"}, "hf_other": {"others"}})) as running:
        yield running


WAITED: list[float] = []


@pytest.fixture
def fixture(tmp_path: Path) -> Path:
    directory = make(tmp_path / "fixture")
    (directory / "README.md").write_text(CARD, encoding="utf-8")
    seal(directory)
    return directory


def content(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def without_hubs_own(files: dict[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in files.items() if path != ".gitattributes"}


def publish(hub: ModelHub, directory: Path, *options: str, repo: str = REPO) -> int:
    where = ["--repo-id", repo, "--endpoint", hub.endpoint]
    return main(["publish", str(directory), *where, *options])


def test_one_commit_then_unchanged_then_the_difference(
    hub: ModelHub, fixture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(hub, fixture) == 0
    assert without_hubs_own(hub.files(REPO)) == content(fixture)
    assert hub.messages(REPO) == ["initial commit", "Publish m:tiny"]
    assert hub.repositories[REPO].private is False
    first = hub.repositories[REPO].branches["main"][-1].oid
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"create the repository {REPO}"
    assert "add config.json" in lines[2]
    assert lines[-1] == f"published: {REPO}@{first}"

    hub.requests.clear()
    assert publish(hub, fixture) == 0
    assert capsys.readouterr().out == f"unchanged: {REPO}@{first}\n"
    assert hub.writes() == []
    assert len(hub.messages(REPO)) == 2

    (fixture / "notes.txt").write_text("new", encoding="utf-8")
    (fixture / "README.md").write_text(CARD + "more\n", encoding="utf-8")
    seal(fixture)
    hub.requests.clear()
    assert publish(hub, fixture, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [change["path"] for change in answer["added"]] == ["notes.txt"]
    assert [change["path"] for change in answer["changed"]] == ["README.md", "fixture.json"]
    assert answer["added"][0]["size"] == 3
    assert answer["revision"] == hub.repositories[REPO].branches["main"][-1].oid != first
    assert len(hub.messages(REPO)) == 3
    assert not any("objects/batch" in request or "storage" in request for request in hub.requests)


def test_only_files_of_the_earlier_fixture_are_deleted(
    hub: ModelHub, fixture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (fixture / "old.txt").write_text("old", encoding="utf-8")
    (fixture / "older.txt").write_text("older", encoding="utf-8")
    seal(fixture)
    assert publish(hub, fixture) == 0
    hub.push(REPO, {"by_hand.md": b"mine", "older.txt": None})
    (fixture / "old.txt").unlink()
    (fixture / "older.txt").unlink()
    seal(fixture)
    capsys.readouterr()
    assert publish(hub, fixture) == 0
    assert "delete old.txt (3 bytes)" in capsys.readouterr().out.splitlines()
    files = hub.files(REPO)
    assert files.pop("by_hand.md") == b"mine"
    assert ".gitattributes" in files
    assert without_hubs_own(files) == content(fixture)


def test_a_file_edited_in_the_repository_is_put_right(hub: ModelHub, fixture: Path) -> None:
    assert publish(hub, fixture) == 0
    hub.push(REPO, {"config.json": b"{}", "model.safetensors": None})
    assert publish(hub, fixture) == 0
    assert without_hubs_own(hub.files(REPO)) == content(fixture)


@pytest.mark.parametrize("state", ["no repository", "other content", "same content"])
def test_a_dry_run_writes_nothing(
    hub: ModelHub, fixture: Path, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    if state != "no repository":
        assert publish(hub, fixture) == 0
    if state == "other content":
        (fixture / "README.md").write_text(CARD + "longer\n", encoding="utf-8")
        seal(fixture)
    hub.requests.clear()
    capsys.readouterr()
    assert publish(hub, fixture, "--dry-run") == 0
    assert hub.writes() == []
    lines = capsys.readouterr().out.splitlines()
    if state == "no repository":
        assert REPO not in hub.repositories
        assert lines[0] == f"would create the repository {REPO}"
        assert len(lines) == len(content(fixture)) + 2
        assert lines[-1] == f"dry run, nothing written: {REPO}"
        return
    head = hub.repositories[REPO].branches["main"][-1].oid
    if state == "same content":
        assert lines == [f"dry run, nothing would change: {REPO}@{head}"]
    else:
        assert lines[0] == f"would change README.md ({len(CARD) + 7} bytes)"
        assert lines[-1] == f"dry run, nothing written: {REPO}@{head}"


def test_a_dry_run_needs_no_token(
    hub: ModelHub, fixture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    assert publish(hub, fixture, "--dry-run") == 0
    hub.create(REPO)
    assert publish(hub, fixture, "--dry-run") == 0


def test_a_private_repository_and_a_branch(
    hub: ModelHub, fixture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(hub, fixture, "--private") == 0
    assert hub.repositories[REPO].private is True
    assert publish(hub, fixture, "--revision", "v2/next", "--dry-run") == 0
    assert list(hub.repositories[REPO].branches) == ["main"]
    (fixture / "notes.txt").write_text("new", encoding="utf-8")
    seal(fixture)
    capsys.readouterr()
    assert publish(hub, fixture, "--revision", "v2/next") == 0
    assert capsys.readouterr().out.startswith("create the branch v2/next\n")
    assert without_hubs_own(hub.files(REPO, "v2/next")) == content(fixture)
    assert "notes.txt" not in hub.files(REPO)


def test_several_weight_files(
    hub: ModelHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = make(tmp_path / "f", shards=2)
    (directory / "README.md").write_text(CARD, encoding="utf-8")
    seal(directory)
    # They are uploaded by threads, whose errors the client wraps.
    hub.failures.append(Failure(r"PUT /storage", 403, message="the storage is closed"))
    assert publish(hub, directory) == 3
    assert "the storage is closed" in capsys.readouterr().err
    hub.failures.append(Failure(r"PUT /storage", 500, times=8))
    assert publish(hub, directory) == 0
    assert without_hubs_own(hub.files(REPO)) == content(directory)
    assert len(hub.objects) == 2


TRANSIENT = {
    "read": Failure(r"GET /api/models/team", 503),
    "manifest": Failure(r"GET .*fixture\.json", 500),
    "create": Failure(r"repos/create", 500),
    "created, but no answer": Failure(r"repos/create", 0, late=True),
    "preupload": Failure(r"preupload", 502, times=2),
    "batch": Failure(r"objects/batch", 500),
    "storage": Failure(r"PUT /storage", 500),
    "dropped upload": Failure(r"PUT /storage", 0),
    "storage for long": Failure(r"PUT /storage", 500, times=7),
    "commit": Failure(r"/commit/", 504),
    "dropped commit": Failure(r"/commit/", 0),
    "committed, but no answer": Failure(r"/commit/", 0, late=True),
    "committed, but 500": Failure(r"/commit/", 500, late=True),
    "read after the commit": Failure(r"GET .*/revision/[0-9a-f]{40}", 503),
    "rate limit": Failure(r"/commit/", 429, headers={"Retry-After": "7"}),
    "windowed rate limit": Failure(
        r"GET /api/models/team", 429, headers={"RateLimit": '"api";r=0;t=9'}
    ),
}


@pytest.mark.parametrize("failure", TRANSIENT.values(), ids=TRANSIENT)
def test_transient_failures_end_in_one_commit(
    hub: ModelHub,
    fixture: Path,
    capsys: pytest.CaptureFixture[str],
    failure: Failure,
) -> None:
    hub.failures.append(dataclasses.replace(failure))
    assert publish(hub, fixture) == 0
    captured = capsys.readouterr()
    assert hub.failures[0].times == 0
    assert hub.messages(REPO) == ["initial commit", "Publish m:tiny"]
    assert without_hubs_own(hub.files(REPO)) == content(fixture)
    revision = hub.repositories[REPO].branches["main"][-1].oid
    assert captured.out.endswith(f"published: {REPO}@{revision}\n")
    assert "create the repository" in captured.out
    assert len(WAITED) >= 1
    if "Retry-After" in failure.headers:
        assert WAITED == [7.0]
    if "RateLimit" in failure.headers:
        assert WAITED == [9.0]


PERSISTENT = [
    (Failure(r"/commit/", 500, times=99), 3, "keeps answering 500", "try again later"),
    (Failure(r"GET /api", 0, times=99), 3, "cannot be reached", "check HF_ENDPOINT"),
    (
        Failure(r"/commit/", 429, times=99, headers={"Retry-After": "300"}),
        3,
        "limits the rate of requests",
        "try again in 300 seconds",
    ),
    (Failure(r"repos/create", 403), 3, "does not permit to write", "write access to what team"),
    (Failure(r"/commit/", 403, message=f"no, {TOKEN}"), 3, "no, <token>", "write access"),
    (Failure(r"/commit/", 409), 1, "changed by somebody else", "publish again"),
    (Failure(r"/commit/", 400, message="bad lines"), 2, "answered 400: bad lines", "fix"),
    (Failure(r"GET /api/models", 200), 2, "gave an answer that is not understood", "name a model"),
    (Failure(r"preupload", 413, message="too much"), 2, "answered 413: too much", "fix"),
]


@pytest.mark.parametrize(("failure", "code", "message", "hint"), PERSISTENT)
def test_what_people_are_reported(
    hub: ModelHub,
    fixture: Path,
    capfd: pytest.CaptureFixture[str],
    failure: Failure,
    code: int,
    message: str,
    hint: str,
) -> None:
    hub.failures.append(dataclasses.replace(failure))
    assert publish(hub, fixture) == code
    error = capfd.readouterr().err
    assert message in error
    assert hint in error[error.index("\nhint: ") :]
    assert "Traceback" not in error
    assert TOKEN not in error
    assert max(WAITED, default=0) <= 60
    if REPO in hub.repositories:
        assert hub.messages(REPO) == ["initial commit"]


def test_a_concurrent_push_is_a_conflict(
    hub: ModelHub, fixture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(hub, fixture) == 0
    hub.before_commit = lambda: hub.push(REPO, {"race.txt": b"first"})
    (fixture / "notes.txt").write_text("new", encoding="utf-8")
    seal(fixture)
    assert publish(hub, fixture) == 1
    assert "A commit has happened since" in capsys.readouterr().err
    assert hub.messages(REPO)[-1] == "by somebody else"
    assert "notes.txt" not in hub.files(REPO)

    hub.before_commit = lambda: None
    assert publish(hub, fixture) == 0
    assert hub.files(REPO)["race.txt"] == b"first"
    assert without_hubs_own(hub.files(REPO)).items() >= content(fixture).items()


def test_a_push_while_waiting_is_a_conflict(
    hub: ModelHub, fixture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.create(REPO)
    hub.failures.append(Failure(r"/commit/", 503))
    monkeypatch.setattr(time, "sleep", lambda _: hub.push(REPO, {"README.md": b"theirs"}))
    assert publish(hub, fixture) == 1
    assert hub.files(REPO)["README.md"] == b"theirs"


def test_a_repository_of_something_else(
    hub: ModelHub, fixture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.create(REPO)
    hub.push(REPO, {"README.md": b"# A model", "config.json": b"{}", "pytorch_model.bin": b"x"})
    assert publish(hub, fixture) == 2
    error = capsys.readouterr().err
    assert (
        "holds something else: it has config.json, pytorch_model.bin, and no fixture.json" in error
    )
    hub.push(REPO, {"fixture.json": b'[{"model": "auth.user"}]'})
    assert publish(hub, fixture, "--dry-run") == 2
    assert "not a fixture's manifest" in capsys.readouterr().err
    assert hub.files(REPO)["config.json"] == b"{}"
    assert hub.writes() == []


def test_an_empty_repository_is_filled(hub: ModelHub, fixture: Path) -> None:
    hub.create(REPO)
    hub.push(REPO, {"README.md": b"---\n{}\n---\n"})
    assert publish(hub, fixture) == 0
    assert without_hubs_own(hub.files(REPO)) == content(fixture)


def test_a_file_that_the_repository_ignores(
    hub: ModelHub, fixture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.ignored.add("config.json")
    assert publish(hub, fixture) == 1
    error = capsys.readouterr().err
    assert "does not hold the fixture: config.json" in error
    assert ".gitignore" in error


ACCESS = [
    (None, "there is no token", "set HF_TOKEN"),
    ("hf_wrong", "does not accept the token: Invalid credentials", "make a new token"),
    ("hf_other", "does not permit to write", "write access to what team owns"),
    ("hf with spaces", "characters that no token has", "without quotes"),
]


@pytest.mark.parametrize(("token", "message", "hint"), ACCESS)
@pytest.mark.parametrize("exists", [False, True])
def test_access(
    hub: ModelHub,
    fixture: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    token: str | None,
    message: str,
    hint: str,
    exists: bool,
) -> None:
    if exists:
        hub.create(REPO)
    if token is None:
        monkeypatch.delenv("HF_TOKEN")
    else:
        monkeypatch.setenv("HF_TOKEN", token)
    assert publish(hub, fixture) == 3
    error = capfd.readouterr().err
    assert message in error
    assert hint in error
    assert "Traceback" not in error
    assert token is None or token not in error
    assert not exists or hub.messages(REPO) == ["initial commit"]


def test_a_private_repository_of_somebody_else(
    hub: ModelHub, fixture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.create("others/tiny", private=True)
    assert publish(hub, fixture, repo="others/tiny") == 3
    assert "does not permit to write" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--repo-id", "tiny"], "'tiny' is not the name of a repository"),
        (["--repo-id", "a/b/c"], "'a/b/c' is not the name of a repository"),
        (["--repo-id", "team/tiny--toy"], "'team/tiny--toy' is not the name"),
        (["--repo-id", "team/ti ny"], "'team/ti ny' is not the name"),
        (["--repo-id", "team/tiny.git"], "'team/tiny.git' is not the name"),
        (["--revision", "a..b"], "'a..b' is not the name of a branch"),
        (["--revision", "-f"], "'-f' is not the name of a branch"),
        (["--revision", ""], "'' is not the name of a branch"),
        (["--endpoint", "hub.example.com"], "'hub.example.com' is not the URL"),
        (["--endpoint", "ftp://u:secret@hub"], "'ftp://hub' is not the URL"),
        (["--endpoint", "https://hub:port"], "'https://hub:port' is not the URL"),
    ],
)
def test_wrong_names(
    hub: ModelHub,
    fixture: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    joined = [f"{name}={value}" for name, value in zip(options[::2], options[1::2], strict=True)]
    assert publish(hub, fixture, *joined) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "\nhint: " in error
    assert hub.requests == []


def test_a_damaged_fixture_is_not_published(
    hub: ModelHub, fixture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = fixture / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert publish(hub, fixture) == 1
    assert "truncated" in capsys.readouterr().err
    assert hub.requests == []


def test_nobody_answers(hub: ModelHub, fixture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert publish(hub, fixture, f"--endpoint=http://user:secret@127.0.0.1:{port}") == 3
    error = capsys.readouterr().err
    assert f"http://127.0.0.1:{port} cannot be reached" in error
    assert "secret" not in error
    assert WAITED == [1.0, 2.0, 4.0]


def test_offline_is_said(
    hub: ModelHub,
    fixture: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert publish(hub, fixture) == 3
    assert "unset HF_HUB_OFFLINE" in capsys.readouterr().err


def test_the_settings_of_a_process_of_its_own(hub: ModelHub, fixture: Path, tmp_path: Path) -> None:
    """No patch here: token from a file, endpoint and no xet by the environment and defaults."""
    token = tmp_path / "my-token"
    token.write_text(TOKEN + "\n", encoding="utf-8")
    program = [sys.executable, "-m", "tiny_models", "publish", str(fixture), "--repo-id", REPO]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "HF_HOME": str(tmp_path / "home"),
        "HF_TOKEN_PATH": str(token),
        "HF_ENDPOINT": hub.endpoint,
        "HF_DEBUG": "1",
    }
    done = subprocess.run(program, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith(f"published: {REPO}@")
    assert TOKEN not in done.stdout + done.stderr
    assert without_hubs_own(hub.files(REPO)) == content(fixture)
    assert not (tmp_path / "home").exists() or TOKEN.encode() not in b"".join(
        content(tmp_path / "home").values()
    )


def test_what_is_published_verifies_after_a_download(
    hub: ModelHub, fixture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from huggingface_hub import HfApi

    assert publish(hub, fixture) == 0
    pinned = capsys.readouterr().out.splitlines()[-1].rpartition("@")[2]
    shutil.rmtree(fixture)
    api = HfApi(endpoint=hub.endpoint, token=TOKEN)
    there = tmp_path / "fetched"
    for name in (*hub.files(REPO, pinned),):
        api.hf_hub_download(REPO, name, revision=pinned, local_dir=there)
    (there / ".gitattributes").unlink()
    shutil.rmtree(there / ".cache")
    assert main(["verify", "--static", str(there)]) == 0
    assert read_manifest(str(there)).address == "m:tiny"
