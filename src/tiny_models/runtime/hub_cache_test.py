"""Hub caches made of fixtures, and what activating them means for a process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tiny_models.core.errors import CheckFailed
from tiny_models.fixture.locate import find_fixtures
from tiny_models.runtime import activation
from tiny_models.runtime.activation import TooLate, activate
from tiny_models.runtime.hub_cache import lay_out
from tiny_models.runtime.private_files import copies, take_over
from tiny_models.testing.sample_fixture import write_manifest
from toolkit.errors import InputError

_SOURCE_ROOT = str(Path(__file__).resolve().parents[2])


@pytest.fixture(autouse=True)
def _not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests of a process may have imported huggingface_hub."""
    monkeypatch.delitem(sys.modules, "huggingface_hub.constants", raising=False)


def _fixture(directory: Path, repo_id: str | None, **changes: object) -> Path:
    directory.mkdir(parents=True)
    (directory / "config.json").write_text("{}")
    (directory / "sub").mkdir()
    (directory / "sub" / "more.json").write_text("[]")
    write_manifest(directory, repo_id, **changes)
    return directory


def test_huggingface_hub_finds_the_files_offline(tmp_path: Path) -> None:
    directory = _fixture(tmp_path / "one", "tiny-random/x")
    program = (
        "import tiny_models, sys\n"
        "from pathlib import Path\n"
        "tiny_models.activate([sys.argv[1]], cache=Path(sys.argv[2]))\n"
        "import huggingface_hub\n"
        "file = huggingface_hub.hf_hub_download('tiny-random/x', 'sub/more.json')\n"
        "print(file, Path(file).read_text())\n"
        "print(huggingface_hub.snapshot_download('tiny-random/x'))\n"
        "huggingface_hub.hf_hub_download('another/model', 'config.json')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, str(directory), str(tmp_path / "cache")],
        env={**os.environ, "PYTHONPATH": _SOURCE_ROOT},
        capture_output=True,
        text=True,
        timeout=120,
    )
    printed = result.stdout.split()
    file, snapshot, text = Path(printed[0]), Path(printed[2]), printed[1]
    assert (file.parts[-2:], snapshot.name) == (("sub", "more.json"), file.parts[-3])
    assert text == "[]"
    # The copies went with their process.
    assert not list((tmp_path / "cache").iterdir())
    assert result.returncode == 1
    assert "LocalEntryNotFoundError" in result.stderr


def test_several_architectures_lie_side_by_side(tmp_path: Path) -> None:
    _fixture(tmp_path / "t" / "XModel", "t/x-XModel")
    _fixture(tmp_path / "t" / "XForCausalLM", None, architecture="XForCausalLM")
    fixtures = find_fixtures([tmp_path / "t"])
    assert [fixture.name for fixture in fixtures] == ["models/x:tiny-XForCausalLM", "t/x-XModel"]
    cache = lay_out(fixtures, tmp_path / "cache")
    assert [path.name for path in cache.iterdir()] == ["models--t--x-XModel"]


def test_a_fixture_without_a_repository_id_has_its_address(tmp_path: Path) -> None:
    _fixture(tmp_path / "tiny", None)
    _fixture(tmp_path / "y" / "XModel", None, address="models/y:tiny#XModel")
    names = [fixture.name for fixture in find_fixtures([tmp_path / "tiny", tmp_path / "y/XModel"])]
    assert names == ["models/x:tiny", "models/y:tiny#XModel"]


def test_the_same_fixtures_have_the_same_cache(tmp_path: Path) -> None:
    fixtures = find_fixtures([_fixture(tmp_path / "one", "t/x"), _fixture(tmp_path / "two", "t/y")])
    cache = lay_out(fixtures, tmp_path / "cache")
    before = sorted(cache.rglob("*"))
    assert lay_out(reversed(fixtures), tmp_path / "cache") == cache
    assert sorted(cache.rglob("*")) == before
    assert [path.name for path in cache.parent.iterdir()] == [cache.name]


def test_two_fixtures_with_one_repository_id(tmp_path: Path) -> None:
    fixtures = find_fixtures([_fixture(tmp_path / "one", "t/x"), _fixture(tmp_path / "two", "t/x")])
    with pytest.raises(InputError, match="two fixtures have the repository id t/x"):
        lay_out(fixtures, tmp_path / "cache")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "the manifest is not JSON"),
        ("[]", "damaged: TypeError"),
        ('{"schema": 1}', "damaged: KeyError"),
        ('{"schema": 2}', "schema 2, expected 1"),
    ],
)
def test_damaged_manifests(tmp_path: Path, content: str, expected: str) -> None:
    (tmp_path / "fixture.json").write_text(content)
    with pytest.raises(InputError, match=expected) as caught:
        find_fixtures([tmp_path])
    assert caught.value.place.startswith(str(tmp_path / "fixture.json"))


def test_directories_come_from_the_environment(tmp_path: Path) -> None:
    _fixture(tmp_path / "one", "t/x")
    environment: dict[str, str] = {}
    with pytest.raises(InputError, match="no fixtures are named"):
        activate(environment=environment)
    environment[activation.DIRECTORIES_VARIABLE] = str(tmp_path)
    activate(environment=environment, cache=tmp_path / "cache")
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert Path(environment["HF_HUB_CACHE"]).parents[2] == tmp_path / "cache"


def test_a_hub_library_imported_earlier_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    constants = ModuleType("huggingface_hub.constants")
    vars(constants).update(HF_HUB_CACHE="/elsewhere", HF_HUB_OFFLINE=False)
    monkeypatch.setitem(sys.modules, "huggingface_hub.constants", constants)
    environment: dict[str, str] = {}
    with pytest.raises(TooLate, match="looks for models in /elsewhere"):
        activate([_fixture(tmp_path / "one", "t/x")], cache=tmp_path, environment=environment)
    assert environment == {}


@pytest.mark.parametrize("directory", [False, True])
def test_links_that_leave_a_fixture_are_refused(tmp_path: Path, directory: bool) -> None:
    fixture = _fixture(tmp_path / "one", "tiny-random/x")
    (fixture / "near.json").symlink_to("config.json")
    copies(find_fixtures([fixture]), tmp_path / "copies")
    outside = tmp_path / "private"
    outside.mkdir()
    (outside / "key").write_text("secret")
    (fixture / "far").symlink_to(outside if directory else outside / "key")
    ways: tuple[Callable[..., object], ...] = (
        take_over,
        lambda fixtures: copies(fixtures, tmp_path / "other"),
    )
    for hand_out in ways:
        with pytest.raises(InputError, match="a link that leaves the fixture") as caught:
            hand_out(find_fixtures([fixture]))
        assert caught.value.place == str(fixture / "far")
        assert caught.value.exit_code == 2


def _store_link(directory: Path, store: Path) -> tuple[Path, Path]:
    """A fixture with a file that is a hard link, as Pants gives one to a process."""
    fixture = _fixture(directory, "t/x")
    store.write_bytes(b"weights" * 100)
    os.link(store, fixture / "model.safetensors")
    write_manifest(fixture, "t/x")
    store.chmod(0o555)
    return fixture, fixture / "model.safetensors"


def test_writing_into_a_fixture_changes_no_store(tmp_path: Path) -> None:
    fixture, file = _store_link(tmp_path / "one", tmp_path / "store")
    take_over(find_fixtures([fixture]))
    (copied,) = activate([fixture], cache=tmp_path / "cache", environment={})
    for path in (file, copied.directory / "model.safetensors"):
        with path.open("r+b") as opened:
            opened.write(b"changed")
    assert (tmp_path / "store").read_bytes() == b"weights" * 100
    assert (tmp_path / "store").stat().st_nlink == 1


def test_a_fixture_that_was_spoilt_is_named_with_what_repairs_it(tmp_path: Path) -> None:
    fixture, file = _store_link(tmp_path / "one", tmp_path / "store")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (tmp_path / "store").chmod(0o755)
    (tmp_path / "store").write_bytes(b"changed")
    with pytest.raises(CheckFailed, match=f"expected 700 of {digest}") as caught:
        activate([fixture], cache=tmp_path / "cache", environment={})
    assert caught.value.place == str(file)
    assert f"find ~/.cache/pants -name {digest} -delete" in caught.value.hint
    with pytest.raises(CheckFailed, match="has changed since the fixture was built"):
        take_over(find_fixtures([fixture]))


def test_the_same_fixtures_are_copied_once(tmp_path: Path) -> None:
    fixture = _fixture(tmp_path / "one", "t/x")
    first = activate([fixture], cache=tmp_path / "cache", environment={})
    assert activate([fixture], cache=tmp_path / "cache", environment={}) == first
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_a_repository_id_leads_out_of_no_cache(tmp_path: Path) -> None:
    for name in ("../../up", "/etc", "a/../../b"):
        fixture = _fixture(tmp_path / str(len(name)), name)
        with pytest.raises(InputError, match="repo_id"):
            find_fixtures([fixture])
