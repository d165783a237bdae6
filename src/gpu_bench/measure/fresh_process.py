"""How a fresh interpreter is started that measures code from another directory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# A model under measurement may lie in a tree that has a gpu_bench of its own. So the measuring
# code is imported from where this file is before the model's root comes to the path.
_BOOTSTRAP = """
import importlib, os, sys
tool, root, module, *arguments = sys.argv[1:]
path = [each for each in sys.path if each]
sys.path.insert(0, tool)
main = importlib.import_module(module).main
sys.path[:] = ([root] if root else []) + path
try:
    import ctypes, signal
    ctypes.CDLL(None).prctl(1, int(signal.SIGKILL))
except (OSError, AttributeError):
    pass
code = main(arguments)
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
"""


def command(module: str, root: str | None, *arguments: str) -> list[str]:
    """The command of a process that calls ``main`` of a module of this tool.

    ``root`` comes first on its module path. It is killed when the process that starts it ends.
    """
    tool = str(Path(__file__).resolve().parents[2])
    place = os.path.abspath(root) if root else ""
    return [sys.executable, "-c", _BOOTSTRAP, tool, place, module, *arguments]
