"""A source file of a model, read, checked and taken apart."""

from __future__ import annotations

import ast
import contextlib
import gc
import re
import warnings
from dataclasses import dataclass

from parent_finder.core import model_names
from parent_finder.corpus import features
from parent_finder.corpus.features import UnitFeatures
from parent_finder.corpus.signatures import without_bodies
from parent_finder.corpus.units import CodeUnit, units_of
from toolkit.errors import InputError, position
from toolkit.newer_syntax import newer_syntax

# The longest file of a published model has less than 6,000 lines and 300 kB.
LARGEST_FILE = 4_000_000

_GENERATED = re.compile(r"^#.*automatically generated from (\S+?\.py)\b", re.MULTILINE)


@dataclass(frozen=True)
class SourceFile:
    """The units of a file, and what is counted in each.

    ``generated_from`` is the modular file that the banner names, empty without a banner.
    """

    path: str
    model: str
    prefix: str
    generated_from: str
    lines: int
    units: tuple[CodeUnit, ...]
    features: tuple[UnitFeatures, ...]


def parse(text: str, path: str) -> ast.Module:
    """The syntax tree of a source. Raises InputError with the place of a syntax error."""
    collecting = gc.isenabled()
    # A tree has no cycles, and looking for them takes as long as parsing.
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as problem:
        message = f"this is not valid Python: {problem.msg}"
        hint = "fix the syntax, then run the command again"
        newer = newer_syntax(problem)
        if newer is not None:
            message = newer.problem
            hint = newer.hint("`[parent-finder].interpreter_constraints`")
        place = position(path, problem.lineno or 0, problem.offset or 0)
        raise InputError(message, place=place, hint=hint) from None
    except (RecursionError, MemoryError, ValueError) as problem:
        reason = str(problem) or type(problem).__name__
        raise InputError(f"this cannot be parsed as Python: {reason}", place=path) from None
    finally:
        if collecting:
            gc.enable()


def parse_signatures(text: str, path: str) -> ast.Module:
    """The syntax tree of a source whose functions may have lost their bodies.

    Every other node has the lines that it has in the whole tree. A syntax error in a body may go
    unnoticed. Raises InputError with the place of any other.
    """
    shortened = without_bodies(text)
    if shortened is not None:
        with contextlib.suppress(InputError):
            return parse(shortened, path)
    return parse(text, path)


def read(content: bytes, path: str) -> SourceFile:
    """Takes a file's content apart. Raises InputError if it is not Python."""
    text = _decode(content, path)
    return _taken_apart(text, parse(text, path), path)


def read_candidate(content: bytes, path: str) -> SourceFile:
    """As `read`, in less time: a syntax error in the body of a function may go unnoticed."""
    text = _decode(content, path)
    return _taken_apart(text, parse_signatures(text, path), path)


def _taken_apart(text: str, tree: ast.Module, path: str) -> SourceFile:
    model = model_names.model_of_file(path)
    units, prefix = units_of(tree, text, model)
    counted = features.features_of(text, units, model, prefix)
    return SourceFile(
        path=path,
        model=model,
        prefix=prefix,
        generated_from=generated_from(text),
        lines=text.count("\n") + (not text.endswith("\n")),
        units=tuple(units),
        features=tuple(counted),
    )


def read_query(content: bytes, path: str) -> SourceFile:
    """As `read`, for the file of a request: refuses files without a useful answer.

    Raises InputError for a file that is too large, binary, empty or without classes.
    """
    _checked_text(content, path)
    source = read(content, path)
    if not any(unit.kind == "class" for unit in source.units):
        raise InputError(
            "there is no class in this file, so nothing can be inherited",
            place=path,
            hint="name the modeling_<model>.py file of a model",
        )
    return source


def checked_text(content: bytes, path: str) -> str:
    """The text of a standalone file.

    Raises InputError for a file that is too large, binary, empty or generated.
    """
    text = _checked_text(content, path)
    origin = generated_from(text)
    if origin:
        raise InputError(
            f"this file is generated from {origin}, which already names its parents",
            place=path,
            hint=f"read {origin.rpartition('/')[2]} instead, or name a standalone file",
        )
    return text


def _checked_text(content: bytes, path: str) -> str:
    if len(content) > LARGEST_FILE:
        raise too_large(path, len(content))
    text = _decode(content, path)
    if not text.strip():
        raise InputError(
            "the file is empty", place=path, hint="name a modeling_<model>.py file with classes"
        )
    return text


def too_large(path: str, size: int) -> InputError:
    """The refusal of a file of so many bytes."""
    return InputError(
        f"the file has {size / 1e6:.1f} MB, and at most {LARGEST_FILE / 1e6:.0f} MB are read",
        place=path,
        hint="name the modeling_<model>.py file of one model",
    )


def generated_from(text: str) -> str:
    """The modular file that a generated file's banner names; empty when it has none."""
    banner = _GENERATED.search(text[:4000])
    return banner.group(1) if banner else ""


def _decode(content: bytes, path: str) -> str:
    zero = content.find(b"\0")
    try:
        if zero >= 0:
            raise UnicodeDecodeError("utf-8", content, zero, zero + 1, "a zero byte")
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(
            f"this is not Python source: byte {problem.start} is not UTF-8 text",
            place=position(path, content.count(b"\n", 0, problem.start) + 1),
            hint="name a Python file that is saved as UTF-8",
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
