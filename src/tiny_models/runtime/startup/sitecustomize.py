"""Run by Python at the start of a program of `tiny_models run`: the directory is on PYTHONPATH."""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec

_OWN_DIRECTORY = os.path.dirname(os.path.abspath(__file__))


def _run_shadowed() -> None:
    """Runs the environment's own `sitecustomize`, if it has one."""
    others = [path for path in sys.path if os.path.abspath(path) != _OWN_DIRECTORY]
    spec = PathFinder.find_spec(__name__, others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


_run_shadowed()
_SOURCES = os.path.abspath(os.path.join(_OWN_DIRECTORY, *[os.pardir] * 3))
if PathFinder.find_spec("tiny_models") is None:
    sys.path.append(_SOURCES)

from tiny_models.runtime.model_classes import register_when_needed  # noqa: E402

register_when_needed()
