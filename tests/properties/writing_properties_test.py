"""The converter writes where its outputs belong and nowhere else, whatever things are called."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from modular_converter.cli.main import main

# Absolute, since a sandbox names its source roots relative to itself and tests change directory.
_PYTHONPATH = os.pathsep.join(map(os.path.abspath, sys.path))

MODULAR = "from torch import nn\n\n\nclass AnyMLP(nn.Module):\n    pass\n"

# Anything that a file system takes, with a liking for what means something to a path or a shell.
_CHARACTERS = st.one_of(
    st.sampled_from("./\\ ~$-_*?[]'\"\n\t#:é\u2028\ud800\udcff{}%"),
    st.characters(blacklist_characters="/\0"),
)


def _is_possible(name: str) -> bool:
    try:
        return 0 < len(os.fsencode(name)) < 100 and name not in (".", "..")
    except UnicodeEncodeError:
        return False


_NAMES = st.text(_CHARACTERS, min_size=1, max_size=12).map(lambda x: x.replace("/", "")).filter(
    _is_possible
)  # fmt: skip


@contextmanager
def _workspace() -> Iterator[Path]:
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory).resolve()
        (root / "work").mkdir()
        os.chdir(root / "work")
        try:
            yield root
        finally:
            os.chdir(here)


def _contents(root: Path) -> dict[str, bytes | str]:
    """Every file and link below a directory, with its bytes or target."""
    return {
        str(path.relative_to(root)): os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in root.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def _run(*arguments: str) -> int:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryFile("w+") as sink:
        patch.setattr(sys, "stdout", sink)
        patch.setattr(sys, "stderr", sink)
        return main(arguments)


@settings(max_examples=60)
@given(_NAMES, _NAMES, st.booleans(), st.booleans())
@example("a\nimport os", "x", False, False)
@example("x", "..", False, True)
@example("..", ".", True, True)
@example("..x", "y", True, True)
@example("\udcff", "\udcff", True, False)
def test_only_outputs_are_written(
    directory: str, model: str, in_directory: bool, apart: bool
) -> None:
    """Beside the modular, or at its place below the output directory; in full or not at all."""
    with _workspace() as root:
        parent = root / "work" / ("m" + directory if directory == ".." else directory)
        parent.mkdir()
        modular = parent / f"modular_{model}.py"
        modular.write_text(MODULAR)
        before = _contents(root)
        given_path = parent if in_directory else modular
        # A name that begins with a dash is written so that it is not an option.
        path = os.path.join(".", os.path.relpath(given_path))
        code = _run("convert", path, *(["--output-dir=../out"] if apart else []))
        after = _contents(root)
        written = {path: data for path, data in after.items() if before.get(path) != data}
        place = ("out/" if apart else "work/") + parent.name
        assert {path for path in before if path not in after} == set()
        if code == 0:
            assert set(written) == {f"{place}/modeling_{model}.py"}
            compile(next(iter(written.values())), "output", "exec")
        else:
            assert code == 2
            assert written == {}


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_path_that_goes_up_stays_below_the_output_directory() -> None:
    with _workspace() as root:
        _write(root / "other" / "x" / "modular_x.py", MODULAR)
        before = _contents(root)
        assert _run("convert", "../other/x/modular_x.py", "--output-dir=out") == 0
        assert set(_contents(root)) - set(before) == {"work/out/modeling_x.py"}


def test_two_outputs_never_go_to_one_file() -> None:
    with _workspace() as root:
        for name in ("a", "b"):
            _write(root / name / "modular_x.py", MODULAR)
        before = _contents(root)
        assert _run("convert", "../a", "../b", "--output-dir=out") == 2
        assert _contents(root) == before
        assert _run("convert", "../a", "../b", "--output-dir=out", "--root=..") == 0
        written = set(_contents(root)) - set(before)
        assert written == {"work/out/a/modeling_x.py", "work/out/b/modeling_x.py"}


def test_a_directory_called_like_the_way_up_keeps_its_place() -> None:
    with _workspace() as root:
        _write(root / "work" / "..x" / "modular_x.py", MODULAR)
        assert _run("convert", ".", "--output-dir=out") == 0
        assert (root / "work" / "out" / "..x" / "modeling_x.py").is_file()


@pytest.mark.parametrize("exists", [True, False])
def test_an_output_that_is_a_link_is_replaced_and_not_followed(exists: bool) -> None:
    with _workspace() as root:
        _write(root / "work" / "x" / "modular_x.py", MODULAR)
        target = root / "precious.py"
        if exists:
            target.write_text("precious\n")
        link = root / "work" / "x" / "modeling_x.py"
        link.symlink_to(target)
        assert _run("convert", "x") == 0
        assert not link.is_symlink()
        assert "class AnyMLP" in link.read_text()
        assert target.exists() == exists
        assert not exists or target.read_text() == "precious\n"


def test_an_output_that_links_to_itself_is_replaced() -> None:
    with _workspace() as root:
        _write(root / "work" / "x" / "modular_x.py", MODULAR)
        link = root / "work" / "x" / "modeling_x.py"
        link.symlink_to(link)
        assert _run("convert", "x", "--check") == 1
        assert _run("convert", "x") == 0
        assert "class AnyMLP" in link.read_text()


def test_an_output_that_is_a_directory_is_reported() -> None:
    with _workspace() as root:
        _write(root / "work" / "x" / "modular_x.py", MODULAR)
        _write(root / "work" / "x" / "modeling_x.py" / "kept", "kept")
        before = _contents(root)
        assert _run("convert", "x") == 3
        assert _contents(root) == before


def test_a_link_inside_the_output_directory_does_not_lead_out_of_it() -> None:
    with _workspace() as root:
        _write(root / "work" / "x" / "modular_x.py", MODULAR)
        (root / "outside").mkdir()
        (root / "work" / "out").mkdir()
        (root / "work" / "out" / "x").symlink_to(root / "outside")
        before = _contents(root)
        assert _run("convert", "x", "--output-dir=out") == 2
        assert _contents(root) == before


def test_an_output_directory_that_is_a_link_is_used() -> None:
    with _workspace() as root:
        _write(root / "work" / "x" / "modular_x.py", MODULAR)
        (root / "elsewhere").mkdir()
        (root / "work" / "out").symlink_to(root / "elsewhere")
        assert _run("convert", "x", "--output-dir=out") == 0
        assert (root / "elsewhere" / "x" / "modeling_x.py").is_file()


def test_a_modular_that_is_a_link_out_of_its_input_is_refused() -> None:
    with _workspace() as root:
        outside = _write(root / "outside" / "modular_x.py", MODULAR)
        (root / "work" / "x").mkdir()
        (root / "work" / "x" / "modular_x.py").symlink_to(outside)
        before = _contents(root)
        assert _run("convert", "x") == 2
        assert _run("graph", "x") == 2
        assert _contents(root) == before


def test_a_modular_that_is_a_link_inside_its_input_is_converted() -> None:
    with _workspace() as root:
        real = _write(root / "work" / "in" / "shared" / "x.py", MODULAR)
        (root / "work" / "in" / "x").mkdir()
        (root / "work" / "in" / "x" / "modular_x.py").symlink_to(real)
        assert _run("convert", "in") == 0
        assert (root / "work" / "in" / "x" / "modeling_x.py").is_file()
        assert sorted(path.name for path in real.parent.iterdir()) == ["x.py"]


def test_a_link_to_a_directory_is_not_walked_into() -> None:
    with _workspace() as root:
        _write(root / "outside" / "modular_y.py", MODULAR)
        _write(root / "work" / "x" / "modular_x.py", MODULAR)
        (root / "work" / "x" / "more").symlink_to(root / "outside")
        (root / "work" / "x" / "loop").symlink_to(root / "work" / "x")
        assert _run("convert", "x") == 0
        assert not (root / "outside" / "modeling_y.py").exists()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_difference_is_shown_on_a_terminal_that_lacks_its_characters(encoding: str) -> None:
    with _workspace() as root:
        _write(root / "work" / "x" / "modular_x.py", MODULAR)
        _write(root / "work" / "x" / "modeling_x.py", "")
        environment = {
            **os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": _PYTHONPATH
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "modular_converter", "convert", "x", "--check"],
            env=environment, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
        assert b"class AnyMLP" in done.stdout
