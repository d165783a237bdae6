from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rules_transformers_contract import stored_outcomes
from toolkit import outcome_store
from toolkit.outcome_store import OutcomeStore

_FILES = {
    "m/a/config.json": b'{"a": "\xc3\xb6"}\n',
    "m/a/b/weights": bytes(range(256)),
    "empty": b"",
}
_ANSWER = {"exit_code": 0, "messages": "x.py: warning: \N{SNOWMAN}\nhint: y", "more": [1, None]}


def _write(directory: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return directory


def _read(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    directory = tmp_path / "cache"
    directory.mkdir()
    return directory


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return _write(tmp_path / "made", _FILES)


def _entries(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


def _is_stored(cache: Path, key: str, place: Path) -> bool:
    return OutcomeStore(cache, [key]).restore(0, place) is not None


def test_what_was_kept_is_restored(tmp_path: Path, cache: Path, made: Path) -> None:
    store = OutcomeStore(cache, ["other", "key"])
    assert store.restore(1, tmp_path / "restored") is None
    assert not (tmp_path / "restored").exists()
    store.keep(1, _ANSWER, made)
    # Another group has it at another place.
    again = OutcomeStore(cache, ["key"])
    assert again.restore(0, tmp_path / "restored") == _ANSWER
    assert _read(tmp_path / "restored") == _FILES
    assert store.restore(0, tmp_path / "nothing") is None


def test_members_that_have_a_directory_are_restored(
    tmp_path: Path, cache: Path, made: Path
) -> None:
    store = OutcomeStore(cache, ["a", "b", "c"])
    for member in (0, 2):
        store.keep(member, [member], made)
    assert store.restore_all([tmp_path / "0", tmp_path / "1", None]) == {0: [0]}
    assert _read(tmp_path / "0") == _FILES
    assert not (tmp_path / "1").exists()


def test_a_member_without_files_is_restored(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "made").mkdir()
    OutcomeStore(cache, ["key"]).keep(0, _ANSWER, tmp_path / "made")
    assert OutcomeStore(cache, ["key"]).restore(0, tmp_path / "restored") == _ANSWER
    assert list((tmp_path / "restored").iterdir()) == []


def test_another_interpreter_has_its_own(
    tmp_path: Path, cache: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    OutcomeStore(cache, ["key"]).keep(0, _ANSWER, made)
    monkeypatch.setattr("sys.version", "another one")
    assert not _is_stored(cache, "key", tmp_path / "restored")


def test_the_store_is_the_ordered_one(
    tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(stored_outcomes.VARIABLE, raising=False)
    directory = Path(stored_outcomes.DIRECTORY)
    directory.mkdir()
    OutcomeStore.ordered().keep(0, _ANSWER, made)
    assert list(directory.iterdir()) == []
    monkeypatch.setenv(stored_outcomes.VARIABLE, stored_outcomes.order(["1a", "1b"]))
    OutcomeStore.ordered().keep(1, _ANSWER, made)
    assert OutcomeStore(directory, ["1b"]).restore(0, "restored") == _ANSWER


def test_a_directory_that_was_removed_under_its_link_is_made_again(
    tmp_path: Path, made: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "named caches" / "outcomes")
    OutcomeStore(link, ["key"]).keep(0, {}, made)
    assert OutcomeStore(link, ["key"]).restore(0, tmp_path / "restored") == {}


def test_no_directory_is_no_store(tmp_path: Path, made: Path) -> None:
    store = OutcomeStore(tmp_path / "none", ["key"])
    store.keep(0, _ANSWER, made)
    assert store.restore(0, tmp_path / "restored") is None
    assert not (tmp_path / "none").exists()


def _damage_first(entry: bytes) -> bytes:
    return b"0" + entry[1:] if entry[:1] != b"0" else b"1" + entry[1:]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda entry: b"", id="empty"),
        pytest.param(lambda entry: entry[:-1], id="shorter"),
        pytest.param(lambda entry: entry + b"\n", id="longer"),
        pytest.param(lambda entry: entry[: len(entry) // 2], id="half"),
        pytest.param(_damage_first, id="digest"),
        pytest.param(lambda entry: entry.replace(b"warning", b"Warning"), id="answer"),
        pytest.param(lambda entry: entry.replace(b"\x00\x01", b"\x00\x02"), id="content"),
    ],
)
def test_what_is_damaged_is_not_there(
    tmp_path: Path, cache: Path, made: Path, damage: Callable[[bytes], bytes]
) -> None:
    OutcomeStore(cache, ["key"]).keep(0, _ANSWER, made)
    (entry,) = _entries(cache)
    damaged = damage(entry.read_bytes())
    assert damaged != entry.read_bytes()
    entry.write_bytes(damaged)
    assert not _is_stored(cache, "key", tmp_path / "restored")
    assert not (tmp_path / "restored").exists()
    OutcomeStore(cache, ["key"]).keep(0, _ANSWER, made)
    assert _is_stored(cache, "key", tmp_path / "restored")


def _signed(header: object, contents: bytes = b"") -> bytes:
    body = json.dumps(header).encode() + b"\n" + contents
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


@pytest.mark.parametrize("path", ["../x", "/tmp/x", "a/../../x", "", "a//b", "./x", "C:x", "a\0b"])
def test_a_path_that_leaves_is_refused(tmp_path: Path, cache: Path, made: Path, path: str) -> None:
    OutcomeStore(cache, ["key"]).keep(0, _ANSWER, made)
    (entry,) = _entries(cache)
    header = {"schema": 1, "name": entry.name, "answer": 1, "files": [["fine", 1], [path, 1]]}
    entry.write_bytes(_signed(header, b"xx"))
    assert not _is_stored(cache, "key", tmp_path / "restored")
    header["files"] = [["fine", 1], ["too", 1]]
    entry.write_bytes(_signed(header, b"xx"))
    assert _is_stored(cache, "key", tmp_path / "restored")


@pytest.mark.parametrize(
    "change",
    [{"schema": 2}, {"name": "another"}, {"files": 1}, {"files": [[1, 1]]}, {"files": [["a", 9]]}],
)
def test_a_strange_header_is_refused(
    tmp_path: Path, cache: Path, made: Path, change: dict[str, object]
) -> None:
    OutcomeStore(cache, ["key"]).keep(0, _ANSWER, made)
    (entry,) = _entries(cache)
    header = {"schema": 1, "name": entry.name, "answer": 1, "files": [["a", 1]], **change}
    for document in (header, [], "x", None):
        entry.write_bytes(_signed(document, b"x"))
        assert not _is_stored(cache, "key", tmp_path / "restored")


@pytest.mark.parametrize("kind", ["link", "directory", "pipe"])
def test_an_entry_is_a_regular_file(tmp_path: Path, cache: Path, made: Path, kind: str) -> None:
    OutcomeStore(cache, ["key"]).keep(0, _ANSWER, made)
    (entry,) = _entries(cache)
    entry.rename(tmp_path / "elsewhere")
    if kind == "link":
        entry.symlink_to(tmp_path / "elsewhere")
    elif kind == "directory":
        entry.mkdir()
    else:
        os.mkfifo(entry)
    assert not _is_stored(cache, "key", tmp_path / "restored")
    OutcomeStore(cache, ["key"]).keep(0, {"exit_code": 0}, made)
    assert b"hint: y" in (tmp_path / "elsewhere").read_bytes()


def _link(directory: Path) -> None:
    (directory / "link").symlink_to("empty")


def _linked_directory(directory: Path) -> None:
    (directory / "link").symlink_to("m")


def _program(directory: Path) -> None:
    (directory / "empty").chmod(0o755)


def _pipe(directory: Path) -> None:
    os.mkfifo(directory / "pipe")


def _empty_directory(directory: Path) -> None:
    (directory / "m/none").mkdir()


@pytest.mark.parametrize("add", [_link, _linked_directory, _program, _pipe, _empty_directory])
def test_what_cannot_be_restored_as_it_was_is_not_kept(
    cache: Path, made: Path, add: Callable[[Path], None]
) -> None:
    add(made)
    OutcomeStore(cache, ["key"]).keep(0, _ANSWER, made)
    assert _entries(cache) == []


def test_a_store_that_cannot_be_written_keeps_nothing(
    tmp_path: Path, cache: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = OutcomeStore(cache, ["key"])
    # Root may write what is read-only, and a disk is not filled for a test.
    (cache / store._names[0][0]).write_text("in the place of a directory")
    store.keep(0, _ANSWER, made)
    assert store.restore(0, tmp_path / "restored") is None

    def refuse(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    others = OutcomeStore(cache, [str(number) for number in range(20)])
    for number in range(20):
        others.keep(number, _ANSWER, made)
        assert others.restore(number, tmp_path / "restored") is None
    assert [path for path in _entries(cache) if path.parent != cache] == []


def test_an_entry_that_cannot_be_marked_as_used_is_restored(
    tmp_path: Path, cache: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    OutcomeStore(cache, ["key"]).keep(0, _ANSWER, made)

    def refuse(*arguments: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    assert _is_stored(cache, "key", tmp_path / "restored")


def test_what_was_not_used_for_the_longest_time_goes(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _write(tmp_path / "made", {"f": bytes(1000)})
    keys = [str(number) for number in range(100)]
    store = OutcomeStore(cache, keys)
    digit = store._names[0][0]
    alike = [number for number in range(100) if store._names[number][0] == digit]
    assert len(alike) >= 3
    store.keep(alike[0], _ANSWER, made)
    (entry,) = _entries(cache)
    monkeypatch.setattr(outcome_store, "_LARGEST_DIRECTORY", 2 * entry.stat().st_size + 100)
    for age, number in enumerate(alike[:2]):
        store.keep(number, _ANSWER, made)
        os.utime(store._place(number), (1_000 + age, 1_000 + age))
    # The older one is used again.
    assert store.restore(alike[0], tmp_path / "restored") is not None
    store.keep(alike[2], _ANSWER, made)
    assert [store._place(number).exists() for number in alike[:3]] == [True, False, True]


def test_what_would_take_too_much_is_not_kept(
    cache: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome_store, "_LARGEST_ENTRY", 100)
    OutcomeStore(cache, ["key"]).keep(0, _ANSWER, made)
    assert _entries(cache) == []


def test_several_groups_share_a_store(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [str(number) for number in range(12)]
    monkeypatch.setattr(outcome_store, "_LARGEST_DIRECTORY", 20_000)
    strange: list[object] = []

    def use(name: str) -> None:
        for number in range(12):
            made = _write(tmp_path / f"{name}{number}", {"f": str(number).encode() * 2_000})
            store = OutcomeStore(cache, keys)
            store.keep(number, number, made)
            for other in range(12):
                place = tmp_path / f"restored-{name}{number}-{other}"
                answer = store.restore(other, place)
                if answer is None:
                    continue
                if answer != other or _read(place) != {"f": str(other).encode() * 2_000}:
                    strange.append((name, number, other))

    users = [threading.Thread(target=use, args=(name,)) for name in "abc"]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert strange == []
    assert not [path for path in _entries(cache) if path.name.startswith(".")]
    assert _is_stored(cache, keys[-1], tmp_path / "last")
