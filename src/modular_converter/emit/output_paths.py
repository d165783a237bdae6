"""What may be read and written: nothing that leaves its input or its output directory."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable

from modular_converter.diagnostics.record import error
from modular_converter.library.modular_file import ModularLocation
from toolkit.paths import holds, shown


def refuse_leaving_links(files: Iterable[str], directory: str) -> None:
    """Raises ConversionError for a file found in a directory that is a link out of it.

    A user who names a directory does not expect anything else to be read.
    """
    for file in files:
        if os.path.islink(file) and not holds(directory, file):
            raise error(
                "link-leaves-input",
                shown(file),
                f"this link leads out of {shown(directory)}, to {os.path.realpath(file)}",
                hint="copy the file, or name the directory that it is in",
            )


def check_names(location: ModularLocation) -> None:
    """Raises ConversionError for a path that cannot be written into the banner of an output."""
    for character in location.banner_path:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise error(
                "unusable-path",
                ascii(location.banner_path)[1:-1],
                f"the path holds {character!a}, which no comment can hold",
                hint="rename the file or directory",
            )


def output_targets(paths: Iterable[str], root: str, output_dir: str | None) -> dict[str, str]:
    """Where each output goes, by the path that it has beside its modular.

    That is there, or at its path relative to ``root`` below ``output_dir``; what is not below
    ``root`` goes right there. Raises ConversionError when two outputs would go to one file, or
    when a link inside the output directory would lead out of it.
    """
    if output_dir is None:
        return {path: path for path in paths}
    targets: dict[str, str] = {}
    taken: dict[str, str] = {}
    for path in paths:
        relative = os.path.relpath(path, root)
        if relative.split(os.sep)[0] == os.pardir:
            relative = os.path.basename(path)
        target = os.path.abspath(os.path.join(output_dir, relative))
        if target in taken:
            raise error(
                "same-output",
                shown(target),
                f"both {shown(taken[target])} and {shown(path)} would be written here",
                hint="name a --root that holds both modular files",
            )
        if not holds(output_dir, os.path.dirname(target)):
            raise error(
                "outside-output-dir",
                shown(target),
                f"a link leads from here out of {shown(output_dir)}, to "
                f"{os.path.realpath(os.path.dirname(target))}",
                hint="remove the link, or name another --output-dir",
            )
        taken[target] = path
        targets[path] = target
    return targets
