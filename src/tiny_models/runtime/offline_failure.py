"""Why loading something failed in a test that has fixtures in place of a model hub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

from tiny_models.fixture.locate import LocatedFixture
from tiny_models.runtime import left_out
from tiny_models.runtime.hub_cache import BRANCH

_OFFLINE_ERRORS = ("LocalEntryNotFoundError", "OfflineModeIsEnabled")
_CLIENT = "huggingface_hub."
DEPENDENCIES_HINT = "hint: add the `tiny_fixture` to the `dependencies` of the test's target"


@dataclass(frozen=True)
class _Request:
    """What the hub's client was asked for; ``filename`` is None for anything but a file."""

    repo_id: str
    repo_type: str
    revision: str | None
    filename: str | None


def explain(error: BaseException, fixtures: Sequence[LocatedFixture]) -> str | None:
    """What is wrong and what to do, with a hint on the last line; None for any other error.

    ``fixtures`` are those that the test may load.
    """
    if not any(type(link).__name__ in _OFFLINE_ERRORS for link in _chain(error)):
        return left_out.explain(list(_chain(error)), fixtures)
    request = _request_of(error)
    if request is None:
        return (
            "the test asked a model hub for something that is not a fixture; it may use\n"
            f"{listing(fixtures)}{DEPENDENCIES_HINT}"
        )
    if request.repo_type != "model":
        return (
            f"the test asked for the {request.repo_type} {request.repo_id}, but only models are "
            "fixtures\nhint: give the test a file of the repository instead"
        )
    known = {fixture.repo_id: fixture for fixture in fixtures if fixture.repo_id is not None}
    if request.repo_id not in known:
        return (
            f"the test asked for {request.repo_id}, which is not a fixture of its target; it may "
            f"use\n{listing(fixtures)}{DEPENDENCIES_HINT}"
        )
    return _explain_part(request, known[request.repo_id])


def listing(fixtures: Sequence[LocatedFixture]) -> str:
    """The names of fixtures, one on each line."""
    return "".join(f"  {name}\n" for name in sorted(fixture.name for fixture in fixtures))


def _explain_part(request: _Request, fixture: LocatedFixture) -> str:
    """What a fixture of the test does not have."""
    if request.revision not in (None, BRANCH, fixture.revision):
        return (
            f"the test asked for revision {request.revision} of {request.repo_id}, a fixture, "
            f"which has `{BRANCH}` only\nhint: leave `revision` out for the fixture"
        )
    if request.filename is None:
        return (
            f"the test asked the model hub about {request.repo_id}, of which only the files are "
            "available\nhint: `huggingface_hub.snapshot_download` returns the directory of them"
        )
    files = sorted(
        path.relative_to(fixture.directory).as_posix()
        for path in fixture.directory.rglob("*")
        if path.is_file()
    )
    return (
        f"the test asked for the file {request.filename} of {request.repo_id}, a fixture, which "
        f"has\n{''.join(f'  {name}' + chr(10) for name in files)}"
        "hint: correct the name, or change the fields of the `tiny_fixture` that decide what it "
        "has: `tokenizer`, `processors`, `chat_template`, `shards`"
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _request_of(error: BaseException) -> _Request | None:
    """Read from the frames of the client, whose messages do not name the repository."""
    for link in _chain(error):
        traceback = link.__traceback__
        while traceback is not None:
            request = _request_in(traceback.tb_frame)
            if request is not None:
                return request
            traceback = traceback.tb_next
    return None


def _request_in(frame: FrameType) -> _Request | None:
    if not str(frame.f_globals.get("__name__", "")).startswith(_CLIENT):
        return None
    values = frame.f_locals
    repo_id = values.get("repo_id")
    if not isinstance(repo_id, str):
        return None

    def text(name: str) -> str | None:
        value = values.get(name)
        return value if isinstance(value, str) else None

    return _Request(repo_id, text("repo_type") or "model", text("revision"), text("filename"))
