from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parent_finder.cli.main import main
from parent_finder.ranking import confidence
from parent_finder.testing import sample_library

NEW = sample_library.renamed(sample_library.LLAMA, "llama", "breeze")


def run(root: str, *arguments: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-m", "parent_finder", *arguments, f"--source-root={root}"],
        env={**environment, "XDG_CACHE_HOME": os.path.join(root, "cache")},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def new(tmp_path: Path) -> str:
    path = tmp_path / "modeling_breeze.py"
    path.write_text(NEW)
    return str(path)


def test_found(root: str, new: str) -> None:
    done = run(root, "rank", new)
    assert done.returncode == 0
    assert re.fullmatch(
        r"indexing the 5 files of the library; later runs reuse the index in \S+\n", done.stderr
    )
    assert "inheriting from llama would save about" in done.stdout
    assert run(root, "rank", new).stderr == ""


def test_scores_are_explained_where_they_are_printed(root: str, new: str) -> None:
    lines = run(root, "rank", new, "--all").stdout.splitlines()
    for columns in (("score", "covered"), ("similarity", "equal")):
        head = next(n for n, line in enumerate(lines) if set(columns) <= set(line.split()))
        explained = [line.partition(":")[0] for line in lines[head - 2 : head]]
        assert explained == list(columns)


def test_the_default_answer_fits_on_a_screen(root: str, tmp_path: Path) -> None:
    text = NEW + "".join(
        f"\n\nclass Breeze{n}(BreezeModel):\n    def f(self):\n        return {n}\n"
        for n in range(40)
    )
    path = tmp_path / "modeling_breeze.py"
    path.write_text(text)
    lines = run(root, "rank", str(path)).stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= max(100, len(str(path)) + 60)
    assert "--all" in lines[-1]
    everything = run(root, "rank", str(path), "--all").stdout
    assert all(f"Breeze{n}" in everything for n in range(40))
    assert "probability: of files with this evidence" in everything


def test_a_weak_answer_is_no_error(root: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confidence, "SIMILAR", 1.0)
    arguments = ["rank", new, f"--source-root={root}", f"--cache-dir={root}/cache"]
    assert main(arguments) == 0
    monkeypatch.setattr(confidence, "WEAK", 1.0)
    assert main(arguments) == 1


def test_a_generated_file_is_ranked_with_a_note(root: str, tmp_path: Path) -> None:
    path = tmp_path / "modeling_breeze.py"
    banner = "#   This file was automatically generated from lib/breeze/modular_breeze.py.\n"
    path.write_text(banner + NEW)
    done = run(root, "rank", str(path), "--json")
    assert done.returncode == 0
    assert "is generated from lib/breeze/modular_breeze.py" in done.stderr
    assert json.loads(done.stdout)["generated_from"] == "lib/breeze/modular_breeze.py"


def test_models_of_the_repository_are_ranked_with_the_library(root: str, tmp_path: Path) -> None:
    gust = sample_library.renamed(sample_library.LLAMA, "llama", "gust")
    own = "\n\nclass GustRouter:\n" + "".join(
        f"    def route{n}(self, tokens):\n        return tokens[{n}:].topk({n}).indices\n"
        for n in range(20)
    )
    (tmp_path / "lib/gust").mkdir(parents=True)
    (tmp_path / "lib/gust/modeling_gust.py").write_text(gust + own)
    new = tmp_path / "lib/breeze/modeling_breeze.py"
    new.parent.mkdir()
    new.write_text(NEW + own.replace("Gust", "Breeze"))
    done = run(root, "rank", str(new), f"--models={tmp_path}", "--json")
    answer = json.loads(done.stdout)
    assert answer["plan"]["parents"] == ["gust"]
    assert "breeze" not in [model["model"] for model in answer["models"]]
    assert {"gust", "llama"} <= {model["model"] for model in answer["models"]}


def test_models_below_a_directory_are_read_and_nothing_beside_it(root: str, tmp_path: Path) -> None:
    """A sandbox may have directories of the system at its root."""
    (tmp_path / "lib/gust").mkdir(parents=True)
    gust = sample_library.renamed(sample_library.LLAMA, "llama", "gust")
    (tmp_path / "lib/gust/modeling_gust.py").write_text(gust)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/modeling_hail.py").write_text(gust.replace("Gust", "Hail"))
    new = tmp_path / "lib/breeze/modeling_breeze.py"
    new.parent.mkdir()
    new.write_text(NEW)
    done = run(root, "rank", str(new), f"--models={tmp_path}/./lib", "--all", "--json")
    models = {model["model"] for model in json.loads(done.stdout)["models"]}
    assert "gust" in models
    assert "hail" not in models


def test_nothing_similar_is_an_answer(root: str, tmp_path: Path) -> None:
    path = tmp_path / "modeling_breeze.py"
    path.write_text("class BreezeClock:\n    def tick(self):\n        return 60 * self.minutes\n")
    done = run(root, "rank", str(path), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["plan"] is None


@pytest.mark.parametrize("command", [["rank", "--json"], ["evaluate"], ["evaluate", "--json"]])
def test_output_does_not_depend_on_the_hash_seed(root: str, new: str, command: list[str]) -> None:
    arguments = [*command, new] if command[0] == "rank" else command
    first, second = (run(root, *arguments, seed=seed) for seed in ("1", "77"))
    assert first.returncode == second.returncode == 0
    assert first.stdout == second.stdout
    assert first.stdout


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("modeling_x.py", b"class (:\n", "modeling_x.py:1:7: error: this is not valid Python"),
        ("modeling_x.py", b"lazy import a\n", "a lazy import needs Python 3.15, and this is"),
        ("modeling_x.py", b"", "the file is empty"),
        ("modeling_x.py", b"x = 1\n", "no class"),
        ("weights.bin", b"\x00\xff", "not Python source"),
    ],
)
def test_wrong_input(root: str, tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = run(root, "rank", str(path))
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_files_that_cannot_be_read(root: str, tmp_path: Path) -> None:
    for path, reason in ((tmp_path, "found a directory"), (tmp_path / "no.py", "cannot be read")):
        done = run(root, "rank", str(path))
        assert done.returncode == 2
        assert reason in done.stderr


def test_a_huge_file_is_not_even_read(root: str, tmp_path: Path) -> None:
    path = tmp_path / "modeling_x.py"
    with path.open("wb") as file:
        file.truncate(10**12)
    done = run(root, "rank", str(path))
    assert done.returncode == 2
    assert "more than the 4,000,000 that are read" in done.stderr


def test_wrong_library(tmp_path: Path, new: str) -> None:
    done = run(str(tmp_path), "rank", new)
    assert done.returncode == 2
    assert "no transformers/models" in done.stderr


def test_a_library_without_models(tmp_path: Path, new: str) -> None:
    (tmp_path / "transformers" / "models").mkdir(parents=True)
    done = run(str(tmp_path), "rank", new)
    assert done.returncode == 2
    assert "too little code" in done.stderr


@pytest.mark.parametrize("top", ["0", "-1", "many"])
def test_wrong_top(top: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["rank", "x.py", f"--top={top}"])
    assert caught.value.code == 2


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from parent_finder.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit: pass\n"
        "assert not {'numpy', 'scipy'} & set(sys.modules)\n"
    )
    started = time.process_time()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    assert time.process_time() - started < 1


def test_an_index_is_the_same_wherever_it_is_built(root: str, tmp_path: Path, new: str) -> None:
    other = str(sample_library.write(tmp_path / "elsewhere"))
    files = [tmp_path / "one.npz", tmp_path / "two.npz"]
    for path, where in zip(files, (root, other), strict=True):
        done = run(where, "index", f"--output={path}")
        assert (done.returncode, done.stdout) == (0, "")
        assert "9 classes of 4 files; 5 files read, 0 from the cache" in done.stderr
    assert files[0].read_bytes() == files[1].read_bytes()
    empty = str(tmp_path)
    asked = run(empty, "rank", new, f"--index={files[0]}")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert asked.stdout == run(root, "rank", new).stdout


def test_a_file_that_is_no_index(root: str, new: str) -> None:
    done = run(root, "rank", new, f"--index={new}")
    assert done.returncode == 2
    assert "not an index" in done.stderr
    assert "parent_finder index --output" in done.stderr


def test_copies_are_listed_by_place(root: str, new: str, tmp_path: Path) -> None:
    done = run(root, "copies", new)
    assert done.returncode == 1
    first = done.stdout.splitlines()[0]
    assert first.startswith(f"{new}:6: hint[copied-class]: BreezeRMSNorm (10 lines)")
    assert "LlamaRMSNorm of llama" in first
    other = tmp_path / "modeling_other.py"
    other.write_text("class OtherClock:\n    minutes = 3\n")
    done = run(root, "copies", str(other))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    bad = tmp_path / "modeling_bad.py"
    bad.write_bytes(b"\xff")
    empty = tmp_path / "modeling_empty.py"
    empty.write_text("")
    done = run(root, "copies", str(bad), new, str(empty), str(tmp_path / "nowhere.py"))
    assert done.returncode == 2
    assert done.stdout.splitlines()[0] == first
    errors = [line for line in done.stderr.splitlines() if not line.startswith("hint: ")]
    assert [Path(line.partition(":")[0]).name for line in errors] == [
        "modeling_bad.py",
        "modeling_empty.py",
        "nowhere.py",
    ]
