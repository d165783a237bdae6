"""Compares generated files with those in the workspace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import unified_diff

from pants.engine.addresses import Address
from pants.util.docutil import bin_name

# With more of them, a command with all addresses is longer than it is useful.
_MOST_SPECS = 5


def difference(path: str, old: bytes | None, new: bytes) -> str:
    """A unified diff that turns the file in the workspace into the fresh one.

    A file that is missing gets one line: its whole content says nothing more.

    :param old: the content in the workspace, or None if there is no such file.
    """
    if old is None:
        return f"{path} is missing\n"
    return "".join(
        _with_newlines(
            unified_diff(_lines(old), _lines(new), fromfile=f"a/{path}", tofile=f"b/{path}")
        )
    )


def stale_paths(fresh: Mapping[str, bytes], workspace: Mapping[str, bytes]) -> tuple[str, ...]:
    """The paths of `fresh` whose content in `workspace` is missing or another, sorted."""
    return tuple(sorted(path for path in fresh if workspace.get(path) != fresh[path]))


def generate_command(addresses: Iterable[Address]) -> str:
    """The command that brings the generated files of these modular models up to date."""
    specs = [address.spec for address in sorted(addresses)]
    if len(specs) > _MOST_SPECS:
        specs = ["::"]
    return f"{bin_name()} generate {' '.join(specs)}"


def _lines(content: bytes) -> list[str]:
    return content.decode(errors="replace").splitlines(keepends=True)


def _with_newlines(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
