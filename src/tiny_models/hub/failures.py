"""What goes wrong between us and a model hub: what is tried again, and the messages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import TypeVar

from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import parse_ratelimit_headers

from tiny_models.core.errors import HubConflict, HubUnusable
from toolkit.errors import InputError, ToolError

ATTEMPTS = 4
# Seconds. A hub that asks for more is busy for longer than anybody wants to look at a terminal.
_LONGEST_WAIT = 60
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_CONFLICT = frozenset({409, 412})
_Result = TypeVar("_Result")


def with_retries(attempt: Callable[[], _Result], warn: Callable[[str], None]) -> _Result:
    """Calls ``attempt`` until it succeeds, waiting longer each time, at most ``ATTEMPTS`` times.

    The client itself repeats some requests, but neither commits nor what precedes them.
    ``attempt`` must be safe to repeat, even where it succeeded and only the answer was lost.
    Raises what ``attempt`` raised last.
    """
    for number in range(1, ATTEMPTS):
        try:
            return attempt()
        except Exception as problem:
            wait = _seconds_to_wait(problem, number)
            if wait is None:
                raise
            warn(f"{_in_short(problem)}; next try in {wait:g} s ({number} of {ATTEMPTS - 1})")
            time.sleep(wait)
    return attempt()


def _seconds_to_wait(problem: BaseException, number: int) -> float | None:
    """None if it is of no use to try again."""
    cause = _cause(problem)
    if isinstance(cause, HfHubHTTPError):
        if cause.response.status_code not in _TRANSIENT:
            return None
        asked = _asked_to_wait(cause)
        if asked is not None:
            return asked if asked <= _LONGEST_WAIT else None
    elif not isinstance(cause, HTTPError):
        return None
    return 2.0 ** (number - 1)


def _asked_to_wait(problem: HfHubHTTPError) -> float | None:
    headers = problem.response.headers
    limit = parse_ratelimit_headers(headers)
    status = problem.response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS and limit is not None and limit.remaining == 0:
        return float(limit.reset_in_seconds)
    after = headers.get("Retry-After", "")
    return float(after) if after.isascii() and after.isdigit() else None


def _cause(problem: BaseException) -> BaseException:
    """The client's error below what it wraps failed uploads in."""
    for error in _chain(problem):
        if isinstance(error, (HTTPError, OfflineModeIsEnabled)):
            problem = error
            break
    return problem


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        problem = problem.__cause__


def _in_short(problem: BaseException) -> str:
    cause = _cause(problem)
    if isinstance(cause, HfHubHTTPError):
        return f"the hub answered {cause.response.status_code}"
    return f"no answer from the hub ({type(cause).__name__})"


def explained(
    problem: Exception, *, repo_id: str, endpoint: str, token: str | None
) -> ToolError | None:
    """The message for the user who must fix it; None where ``problem`` is not the hub's.

    Whatever the hub or the client say, ``token`` is not repeated.
    """
    error = _explained(_cause(problem), repo_id, endpoint)
    if error is not None and token:
        error.message = error.message.replace(token, "<token>")
        error.hint = error.hint.replace(token, "<token>")
    return error


def _explained(problem: BaseException, repo_id: str, endpoint: str) -> ToolError | None:
    if isinstance(problem, OfflineModeIsEnabled):
        return HubUnusable(
            "HF_HUB_OFFLINE forbids to use the network",
            place=repo_id,
            hint="unset HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE to publish",
        )
    if isinstance(problem, HfHubHTTPError):
        return _refused(problem, repo_id, endpoint)
    if isinstance(problem, HTTPError):
        return HubUnusable(
            f"{endpoint} cannot be reached: {str(problem) or type(problem).__name__}",
            place=repo_id,
            hint="check HF_ENDPOINT, the network, HTTPS_PROXY and SSL_CERT_FILE",
        )
    if isinstance(problem, (KeyError, ValueError)):
        return InputError(
            f"{endpoint} gave an answer that is not understood: {problem}",
            place=repo_id,
            hint="HF_ENDPOINT must name a model hub",
        )
    return None


def _refused(  # noqa: PLR0911 - a message for each kind of answer
    problem: HfHubHTTPError, repo_id: str, endpoint: str
) -> ToolError:
    status = problem.response.status_code
    said = f": {problem.server_message}" if problem.server_message else ""
    if status == HTTPStatus.UNAUTHORIZED:
        return HubUnusable(
            f"{endpoint} does not accept the token{said}",
            place=repo_id,
            hint="make a new token with write access and set HF_TOKEN to it",
        )
    if status == HTTPStatus.FORBIDDEN or isinstance(problem, GatedRepoError):
        return HubUnusable(
            f"the token does not permit to write to this repository{said}",
            place=repo_id,
            hint=f"use a token with write access to what {repo_id.partition('/')[0]} owns",
        )
    if isinstance(problem, RepositoryNotFoundError):
        return HubUnusable(
            f"there is no such repository, or the token may not see it{said}",
            place=repo_id,
            hint="check the name, and the token's access",
        )
    if status in _CONFLICT:
        return conflict(repo_id, said)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = _asked_to_wait(problem)
        return HubUnusable(
            f"{endpoint} limits the rate of requests{said}",
            place=repo_id,
            hint=f"try again in {wait:g} seconds" if wait is not None else "try again later",
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return HubUnusable(
            f"{endpoint} keeps answering {status}{said}", place=repo_id, hint="try again later"
        )
    return InputError(
        f"{endpoint} answered {status}{said}", place=repo_id, hint="fix what the hub names"
    )


def conflict(repo_id: str, said: str = "") -> HubConflict:
    """Somebody else committed after we had looked."""
    return HubConflict(
        f"the repository was changed by somebody else at the same time{said}",
        place=repo_id,
        hint="publish again: the fixture is compared with what is there then",
    )
