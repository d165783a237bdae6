from __future__ import annotations

import json
from collections.abc import Sequence

from pants.engine.fs import Directory, FileDigest, FileEntry, SymlinkEntry

from rules_transformers.tiny_fixtures.util_rules.shared_files import Entry, lay_out


def _file(path: str, content: str, is_executable: bool = False) -> FileEntry:
    return FileEntry(path, FileDigest(content * 64, 1), is_executable)


def _sandbox(*members: Sequence[Entry]) -> tuple[dict[str, str], list[dict[str, list[str]]]]:
    """The first letters of the contents of a sandbox, and which files its members share."""
    layout = lay_out(members, [f"m/{number}" for number in range(len(members))])
    contents = {
        entry.path: entry.file_digest.fingerprint[0]
        for entry in layout.entries
        if isinstance(entry, FileEntry)
    }
    assert len(contents) == len(layout.entries)
    return contents, json.loads(layout.shared)["members"] if layout.shared else []


def _seen(
    contents: dict[str, str], shared: list[dict[str, list[str]]], member: int
) -> dict[str, str]:
    """What a member has in its directory once its shared files are linked there."""
    own = f"m/{member}/"
    seen = {path[len(own) :]: text for path, text in contents.items() if path.startswith(own)}
    for directory, paths in shared[member].items():
        seen.update((path, contents[f"{directory}/{path}"]) for path in paths)
    return seen


def test_what_several_members_have_is_laid_out_once() -> None:
    members = [
        [_file("lib/core.py", "a"), _file("lib/first.py", "b"), _file("request", "1")],
        [_file("lib/core.py", "a"), _file("request", "2")],
        [_file("lib/core.py", "a"), _file("lib/first.py", "b"), _file("request", "3")],
    ]
    contents, shared = _sandbox(*members)
    assert sorted(contents.values()) == ["1", "2", "3", "a", "b"]
    # What one has alone is in its directory from the start.
    assert contents["m/1/request"] == "2"
    for number, entries in enumerate(members):
        assert _seen(contents, shared, number) == {
            entry.path: entry.file_digest.fingerprint[0] for entry in entries
        }


def test_files_of_one_path_may_differ() -> None:
    members = [
        [_file("core.py", "a")],
        [_file("core.py", "b")],
        [_file("core.py", "a")],
        [_file("core.py", "b")],
        [_file("core.py", "a", is_executable=True)],
    ]
    contents, shared = _sandbox(*members)
    assert len(contents) == 3
    for number, text in enumerate("abab"):
        assert _seen(contents, shared, number) == {"core.py": text}
    assert contents["m/4/core.py"] == "a"


def test_a_path_may_be_a_file_here_and_a_directory_there() -> None:
    members = [[_file("lib", "a")], [_file("lib/core.py", "b")]] * 2
    for order in (members, members[::-1]):
        contents, _ = _sandbox(*order)
        assert not [path for path in contents for other in contents if other.startswith(f"{path}/")]


def test_nothing_is_shared_by_one_member() -> None:
    entries: list[Entry] = [_file("a.py", "a"), Directory("empty"), SymlinkEntry("b.py", "a.py")]
    layout = lay_out([entries], ["m/0"])
    assert [entry.path for entry in layout.entries] == ["m/0/a.py", "m/0/empty", "m/0/b.py"]
    assert layout.shared == b""
