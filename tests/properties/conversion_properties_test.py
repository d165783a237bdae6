"""What holds for every conversion, whatever the parent and the modular hold."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from modular_converter.conventions import profiles
from modular_converter.convert.batch import BatchResult, run_batch
from modular_converter.diagnostics.record import render
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import location_of
from modular_converter.library.sources import Sources, distribution_facts
from tests.properties.libraries import MODELS, NEW, Library, libraries

# Absolute, since a sandbox names its source roots relative to itself and tests change directory.
_PYTHONPATH = os.pathsep.join(map(os.path.abspath, sys.path))

ROOT = "/library"


def converted(files: dict[str, str], modulars: tuple[str, ...]) -> BatchResult:
    """The batch's result for files that are nowhere on disk."""
    sources = Sources()
    for path, text in files.items():
        sources.put(f"{ROOT}/{path}", text)
    facts = distribution_facts([ROOT], sources)
    context = ConversionContext(sources, (ROOT,), facts.table, profiles.for_version(facts.version))
    return run_batch([location_of(f"{ROOT}/{path}", ROOT) for path in modulars], context)


def texts_of(library: Library) -> dict[str, str]:
    result = converted(library.files, library.modulars)
    assert not result.failed, "\n".join(render(diagnostic) for diagnostic in result.diagnostics)
    return {os.path.relpath(path, ROOT): text for path, text in result.texts.items()}


@settings(max_examples=60)
@given(libraries())
def test_output_is_valid_python_and_the_same_every_time(library: Library) -> None:
    texts = texts_of(library)
    assert f"{MODELS}/{NEW}/modeling_{NEW}.py" in texts
    for path, text in texts.items():
        compile(text, path, "exec", dont_inherit=True)
    assert texts_of(library) == texts


@settings(max_examples=30)
@given(libraries())
def test_converting_over_fresh_outputs_changes_nothing(library: Library) -> None:
    texts = texts_of(library)
    assert texts_of(Library({**library.files, **texts}, library.modulars)) == texts


@settings(max_examples=20)
@given(libraries(), st.text(max_size=20))
def test_what_lay_in_place_of_an_output_does_not_matter(library: Library, stale: str) -> None:
    texts = texts_of(library)
    left = dict.fromkeys(texts, f"# {stale!r}\nclass NewOneMLP: ...\n")
    assert texts_of(Library({**library.files, **left}, library.modulars)) == texts


@settings(max_examples=20)
@given(libraries(), st.randoms(use_true_random=False))
def test_the_order_of_modulars_does_not_matter(library: Library, random: Random) -> None:
    texts = texts_of(library)
    shuffled = list(library.modulars)
    random.shuffle(shuffled)
    assert texts_of(Library(library.files, tuple(shuffled))) == texts
    assert texts_of(Library(library.files, library.modulars[::-1])) == texts


@settings(max_examples=5)
@given(st.lists(libraries(), min_size=14, max_size=16), st.integers(0, 2**32 - 1))
def test_hash_seed_jobs_and_order_of_the_command_line_do_not_matter(
    several: list[Library], seed: int
) -> None:
    """Enough modulars that worker processes are used."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        paths = []
        for number, library in enumerate(several):
            for path, text in library.files.items():
                target = root / "in" / str(number) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
            paths += [f"in/{number}/{path}" for path in library.modulars]
        first = _command(root, paths, "one", 1, 0)
        assert len(first) >= len(paths)
        assert _command(root, paths[::-1], "two", 2, seed) == first
        assert _command(root, ["in"], "three", 3, "random") == first


def _command(root: Path, paths: list[str], out: str, jobs: int, seed: int | str) -> dict[str, str]:
    environment = {
        **os.environ, "PYTHONPATH": _PYTHONPATH, "PYTHONHASHSEED": str(seed)
    }  # fmt: skip
    done = subprocess.run(
        [
            *(sys.executable, "-m", "modular_converter", "convert", *paths),
            *(f"--output-dir={out}", f"--jobs={jobs}"),
        ],
        cwd=root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    written = root / out
    return {
        str(path.relative_to(written)): path.read_text()
        for path in sorted(written.rglob("*"))
        if path.is_file()
    }
