"""How two directories or files differ, for the person who has to find out why."""

from __future__ import annotations

import difflib
import zipfile
from collections.abc import Iterator
from pathlib import Path

_MOST_LINES = 40


def differences(one: Path, two: Path) -> str:
    """Says in what two directories, or two files, differ; nothing if they do not."""
    return "\n".join(_of_trees(one, two) if one.is_dir() else _of_files(one, two))


def _of_trees(one: Path, two: Path) -> Iterator[str]:
    files = [
        {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
        for root in (one, two)
    ]
    for name in sorted(files[0].keys() ^ files[1].keys()):
        yield f"{name}: only in {one if name in files[0] else two}"
    for name in sorted(files[0].keys() & files[1].keys()):
        yield from (f"{name}: {file}" for file in _of_files(files[0][name], files[1][name]))


def _of_files(one: Path, two: Path) -> Iterator[str]:
    contents = one.read_bytes(), two.read_bytes()
    if contents[0] == contents[1]:
        return
    if all(map(zipfile.is_zipfile, (one, two))):
        yield from _of_archives(one, two)
        return
    try:
        texts = [content.decode() for content in contents]
    except UnicodeDecodeError:
        at = next(
            (n for n, (a, b) in enumerate(zip(*contents, strict=False)) if a != b),
            min(map(len, contents)),
        )
        yield f"{len(contents[0])} and {len(contents[1])} bytes, which differ from byte {at}"
        return
    first, second = (text.splitlines(keepends=True) for text in texts)
    diff = list(difflib.unified_diff(first, second, str(one), str(two)))
    yield "\n" + "".join(diff[:_MOST_LINES])


def _of_archives(one: Path, two: Path) -> Iterator[str]:
    with zipfile.ZipFile(one) as first, zipfile.ZipFile(two) as second:
        if first.namelist() != second.namelist():
            yield f"the members are {first.namelist()}, and {second.namelist()}"
            return
        same = True
        for a, b in zip(first.infolist(), second.infolist(), strict=True):
            for what in ("date_time", "external_attr", "create_system", "compress_type"):
                values = getattr(a, what), getattr(b, what)
                if values[0] != values[1]:
                    same = False
                    yield f"{a.filename}: {what} is {values[0]}, and {values[1]}"
            if first.read(a) != second.read(b):
                same = False
                yield f"{a.filename}: the contents differ"
        if same:
            yield "the same files, compressed otherwise"
