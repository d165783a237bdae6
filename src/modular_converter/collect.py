"""Copying from an installed distribution just the sources that a conversion can read."""

from __future__ import annotations

import os
import shutil

from modular_converter.diagnostics import EnvironmentLack
from modular_converter.file_types import type_of_module


def package_directory(distribution: str) -> str:
    """The directory of an installed package, found without importing it.

    Raises EnvironmentLack when it is not installed.
    """
    import importlib.util

    try:
        spec = importlib.util.find_spec(distribution)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise EnvironmentLack(
            f"the package {distribution} is not installed\nhint: install {distribution}, "
            "or put the directory that holds it on PYTHONPATH"
        )
    return os.path.abspath(list(spec.submodule_search_locations)[0])


def parent_files(package: str) -> list[str]:
    """The files that conversions can read, relative to the package, sorted."""
    found = []
    models = os.path.join(package, "models")
    for directory, names, files in os.walk(models):
        names.sort()
        for name in files:
            if name.endswith(".py") and type_of_module(name[: -len(".py")]):
                found.append(os.path.relpath(os.path.join(directory, name), package))
    for extra in ("__init__.py", os.path.join("models", "auto", "auto_mappings.py")):
        if os.path.isfile(os.path.join(package, extra)):
            found.append(extra)
    return sorted(found)


def collect_parents(distribution: str, output: str) -> int:
    """Copies the parent files to ``output/<distribution>``; returns how many."""
    package = package_directory(distribution)
    files = parent_files(package)
    for relative in files:
        target = os.path.join(output, distribution, relative)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(os.path.join(package, relative), target)
    return len(files)
