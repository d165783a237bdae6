"""Where the code of a repository's own models is imported from."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable
from typing import Any

from tiny_models.core.errors import MissingPackage, needs_newer_python
from tiny_models.request.request import FixtureRequest, Source
from toolkit import os_errors
from toolkit.errors import InputError
from toolkit.paths import holds


def put_roots_first(requests: Iterable[FixtureRequest]) -> None:
    """Puts the source roots of all requests first on the path, and before the installed packages.

    Has to run before the first import of transformers, which may be what the repository holds.
    Raises InputError for a root that does not exist.
    """
    for request in requests:
        if request.source is None:
            continue
        root = os.path.abspath(request.source.root)
        if not os.path.isdir(root):
            raise InputError(
                f"there is no directory {request.source.root}", hint="`source.root` names it"
            ).at(request.address)
        if root not in sys.path:
            sys.path.insert(0, root)
    importlib.invalidate_caches()


def import_source(source: Source) -> Any:
    """The module of a source, whose root is on the path.

    Raises MissingPackage for what is not installed, InputError if it cannot be imported for
    another reason, or comes from outside its root.
    """
    try:
        module = importlib.import_module(source.module)
    except Exception as problem:  # noqa: BLE001 - a module may raise anything
        os_errors.raise_lack(problem)
        raise _not_imported(source.module, problem) from None
    if not holds(source.root, module.__file__ or ""):
        raise InputError(
            f"{source.module} comes from {module.__file__}, expected it below {source.root}",
            hint="something imported its package before, or `source.root` is not where it begins",
        )
    return module


def _not_imported(module: str, problem: Exception) -> InputError | MissingPackage:
    where = _where(problem)
    if isinstance(problem, ModuleNotFoundError) and problem.name:
        package = problem.name.partition(".")[0]
        if importlib.util.find_spec(package) is None:
            return MissingPackage(
                f"{module} needs {package}, which is not installed{where}",
                hint=f"add `{package}` to the requirements of the resolve and relock it, or make "
                "it a dependency of the model if it is a package of this repository",
            )
    newer = needs_newer_python(module, problem)
    if newer is not None:
        return newer
    text = f"{type(problem).__name__}: {' '.join(str(problem).split())}{where}"
    hint = "it is imported with `source.root` first on the path"
    if isinstance(problem, ImportError):
        hint = "what it imports must be a dependency of the model, or installed in the resolve"
    return InputError(f"{module} cannot be imported: {text}", hint=hint)


def _where(problem: BaseException) -> str:
    place = ""
    trace = problem.__traceback__
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if not filename.startswith("<") and "importlib" not in filename:
            place = f" (line {trace.tb_lineno} of {os.path.basename(filename)})"
        trace = trace.tb_next
    return place
