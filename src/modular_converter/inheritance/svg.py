"""Drawing Graphviz text as SVG with the program that the package graphviz-pure installs.

That is Graphviz as one self-contained program, with its own font metrics: the same bytes on every
machine, and no Graphviz of the system.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sysconfig

from toolkit.errors import EnvironmentLack

_PACKAGE = "graphviz-pure"
REQUIREMENT = f"{_PACKAGE}==0.2.2"


def find_renderer() -> str:
    """The program of the installed package. Raises EnvironmentLack without it."""
    names = {_PACKAGE, f"{_PACKAGE}.exe"}
    try:
        distribution = importlib.metadata.distribution(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise EnvironmentLack(
            f"the package {_PACKAGE} is not installed, which draws SVG",
            hint=f"install {REQUIREMENT}, or choose --format=dot or --format=json",
        ) from None
    for file in distribution.files or ():
        path = os.path.abspath(str(distribution.locate_file(file)))
        if file.name in names and os.path.isfile(path):
            return path
    # Where scripts have been moved after the installation, its record does not lead to them.
    search = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    program = shutil.which(_PACKAGE, path=search)
    if program is None:
        raise EnvironmentLack(
            f"the package {_PACKAGE} is installed without its program",
            hint=f"reinstall {REQUIREMENT}",
        )
    return program


def draw_svg(dot: str) -> str:
    """The SVG text of a graph. Raises EnvironmentLack when the program is missing or fails."""
    done = subprocess.run(
        [find_renderer(), "-Tsvg"], input=dot, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise EnvironmentLack(f"{_PACKAGE} failed:\n{done.stderr.strip()}")
    return done.stdout
