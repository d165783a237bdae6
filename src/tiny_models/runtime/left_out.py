"""Why loading a part of a fixture failed that the fixture was built without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from types import FrameType

from tiny_models.fixture.locate import LocatedFixture

_LIBRARY = "transformers."
# What loads a model: that a fixture has no processor is not why it fails.
_LOADS_MODELS = re.compile(r"transformers\.(modeling_utils|models\.auto\.auto_factory)")
_LOADED = "pretrained_model_name_or_path"
_REQUIRES = re.compile(r"requires the (\S+) library", re.IGNORECASE)


class LeftOutPart(Exception):
    """A test requested a part that its fixture was built without."""


def message(fixture: LocatedFixture) -> str:
    """Which parts a fixture was built without, and why, with a hint on the last line."""
    reasons = dict.fromkeys((why.message, why.hint) for why in fixture.left_out.values())
    parts = " and ".join(part.replace("_", " ") for part in fixture.left_out)
    why = "; ".join(reason for reason, _ in reasons)
    hints = "; ".join(dict.fromkeys(hint for _, hint in reasons))
    return f"the fixture {fixture.name} was built without its {parts}: {why}\nhint: {hints}"


def explain(errors: Sequence[BaseException], fixtures: Sequence[LocatedFixture]) -> str | None:
    """What is wrong if a fixture's missing part is the cause of an error; None otherwise.

    ``errors`` are the error and those that it was raised from.
    """
    lacking = [fixture for fixture in fixtures if fixture.left_out]
    if not lacking:
        return None
    if isinstance(errors[0], LeftOutPart):
        return str(errors[0])
    for error in errors:
        for frame in _frames(error):
            fixture = _loaded_in(frame, lacking)
            if fixture is not None:
                return message(fixture)
    return _by_package(errors, lacking)


def _by_package(errors: Sequence[BaseException], lacking: Sequence[LocatedFixture]) -> str | None:
    """For a class that raises before it is given a name, as AutoVideoProcessor does."""
    texts = " ".join(str(error) for error in errors if isinstance(error, ImportError))
    packages = {name.lower() for name in _REQUIRES.findall(texts)}
    for fixture in lacking:
        words = {word for why in fixture.left_out.values() for word in why.message.split()}
        if packages & {word.strip(",").lower() for word in words}:
            return message(fixture)
    return None


def _frames(error: BaseException) -> Iterator[FrameType]:
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _loaded_in(frame: FrameType, lacking: Sequence[LocatedFixture]) -> LocatedFixture | None:
    """The fixture whose tokenizer or processors a function of the library was loading."""
    module = str(frame.f_globals.get("__name__", ""))
    if not module.startswith(_LIBRARY) or _LOADS_MODELS.match(module):
        return None
    name = str(frame.f_locals.get(_LOADED))
    for fixture in lacking:
        if name in (fixture.repo_id, str(fixture.directory)):
            return fixture
    return None
