"""The tools' own modules, from a directory of sources.

They are imported by name when they are asked for: the tools belong to several resolves, and what
describes them imports nothing but the standard library.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

SOURCES = Path("src")
NAMES = ("modular_converter", "tiny_models", "gpu_bench", "parent_finder")


def module(name: str) -> Any:
    """A module of a tool."""
    directory = str(SOURCES.absolute())
    if directory not in sys.path:
        sys.path.insert(0, directory)
    return importlib.import_module(name)


def parsers() -> dict[str, argparse.ArgumentParser]:
    """The argument parser of each tool."""
    return {name: module(f"{name}.cli.main").COMMAND_LINE.parser() for name in NAMES}


def commands(top: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parser of each command of a tool."""
    (action,) = (a for a in top._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)
