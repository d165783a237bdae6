"""The pytest plugin in a run of its own."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tiny_models.testing.sample_fixture import write_manifest

_SOURCE_ROOT = str(Path(__file__).resolve().parents[2])
_PLUGIN = (
    "from pathlib import Path\n"
    "from tiny_models.runtime.pytest_plugin import *\n"
    "from tiny_models.runtime.pytest_plugin import start\n"
    "start(sorted(Path('indexes').glob('*.json')))\n"
)
_PARTS = (
    "class XConfig:\n"
    "    @classmethod\n"
    "    def from_pretrained(cls, path):\n"
    "        return f'config of {path.name}'\n"
    "class XModel:\n"
    "    config_class = XConfig\n"
    "    @classmethod\n"
    "    def from_pretrained(cls, path, *, use_safetensors):\n"
    "        return cls()\n"
    "    def eval(self):\n"
    "        return self\n"
)


def test_imports_what_the_rules_place_with_it() -> None:
    """Wherever the imports are: most run only when a test asks for something."""
    contract = json.loads(Path("tests/contracts/pytest_plugin.json").read_text())
    placed: set[str] = set()
    wanted = ["tiny_models/runtime/pytest_plugin"]
    while wanted:
        module = wanted.pop()
        if module in placed:
            continue
        placed.add(module)
        wanted += [f"{folder}/__init__" for folder in Path(module).parents if folder.name]
        wanted += _imported(module)
    assert sorted(placed) == contract["modules"]


def _imported(module: str) -> list[str]:
    """The modules of this tool, of the toolkit and of the contract that a module imports."""
    tree = ast.parse(Path(_SOURCE_ROOT, f"{module}.py").read_text())
    names = [
        f"{node.module}.{alias.name}".split(".")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    paths = [("/".join(name), "/".join(name[:-1])) for name in names]
    return [
        module if Path(_SOURCE_ROOT, f"{module}.py").exists() else folder
        for module, folder in paths
        if folder.split("/")[0] in ("rules_transformers_contract", "tiny_models", "toolkit")
    ]


@pytest.fixture
def sandbox(tmp_path: Path) -> Path:
    """A directory as a test's sandbox is laid out, with one fixture."""
    directory = tmp_path / "m" / "tiny"
    directory.mkdir(parents=True)
    (directory / "config.json").write_text("{}")
    write_manifest(directory, "tiny-random/x", address="m:tiny")
    (tmp_path / "indexes").mkdir()
    index = {
        "schema": 1,
        "test": "x_test.py",
        "fixtures": [{"directory": "m/tiny", "module": "m_model"}],
        "problems": [],
    }
    for name in "ab":
        (tmp_path / "indexes" / f"{name}.json").write_text(json.dumps(index))
    (tmp_path / "plugin.py").write_text(_PLUGIN)
    (tmp_path / "m_model.py").write_text(_PARTS)
    return tmp_path


def _run(sandbox: Path, tests: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (sandbox / "x_test.py").write_text(tests)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "plugin", "x_test.py", *arguments],
        cwd=sandbox,
        env={**kept, "PYTHONPATH": f"{_SOURCE_ROOT}{os.pathsep}{sandbox}"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_fixtures_are_found_by_name_and_by_the_hub(sandbox: Path) -> None:
    (sandbox / "conftest.py").write_text("import huggingface_hub\n")
    result = _run(
        sandbox,
        "import huggingface_hub, pathlib\n"
        "def test_it(tiny_fixture):\n"
        "    fixture = tiny_fixture('tiny-random/x')\n"
        "    assert fixture.path == pathlib.Path('m/tiny').absolute()\n"
        "    assert fixture.config == 'config of tiny'\n"
        "    assert type(fixture.model).__name__ == 'XModel'\n"
        "    assert fixture.model is not fixture.model\n"
        "    path = huggingface_hub.hf_hub_download('tiny-random/x', 'config.json')\n"
        "    assert pathlib.Path(path).resolve() == fixture.path.resolve() / 'config.json'\n",
    )
    assert result.returncode == 0, result.stdout
    assert "tiny fixtures: tiny-random/x" in result.stdout


def test_another_repository_fails_with_the_list(sandbox: Path) -> None:
    result = _run(
        sandbox,
        "import huggingface_hub\n"
        "def test_hub():\n"
        "    try:\n"
        "        huggingface_hub.hf_hub_download('other/model', 'config.json')\n"
        "    except Exception as error:\n"
        "        raise OSError('cannot load') from error\n"
        "def test_name(tiny_fixture):\n"
        "    tiny_fixture('other/model')\n",
    )
    assert result.returncode == 1
    assert "2 failed" in result.stdout
    assert result.stdout.count("may use\n  tiny-random/x\nhint: add the `tiny_fixture`") == 2


_ASKS = """
import huggingface_hub, pytest
@pytest.mark.parametrize("arguments", {arguments})
def test_it(arguments):
    try:
        huggingface_hub.hf_hub_download(**arguments)
    except Exception as error:
        raise OSError("cannot load") from error
"""


def test_what_a_fixture_does_not_have_is_named(sandbox: Path) -> None:
    fixture = "tiny-random/x"
    arguments = [
        {"repo_id": fixture, "filename": "tokenizer.json"},
        {"repo_id": fixture, "filename": "config.json", "revision": "v2"},
        {"repo_id": fixture, "filename": "config.json", "repo_type": "dataset"},
    ]
    result = _run(sandbox, _ASKS.format(arguments=arguments))
    assert "3 failed" in result.stdout
    assert (
        "the test asked for the file tokenizer.json of tiny-random/x, a fixture, which has\n"
        "  config.json\n  fixture.json\nhint: " in result.stdout
    )
    assert (
        "the test asked for revision v2 of tiny-random/x, a fixture, which has `main` only\n"
        "hint: leave `revision` out" in result.stdout
    )
    assert "only models are fixtures\nhint: " in result.stdout
    assert "is not a fixture of its target" not in result.stdout


def test_the_explanation_is_first_and_short(sandbox: Path) -> None:
    tests = _ASKS.format(arguments=[{"repo_id": "other/x", "filename": "a"}] * 10)
    result = _run(sandbox, tests)
    assert len(result.stdout.splitlines()) < 150
    first = result.stdout.split("test_it[arguments0] ")[1].splitlines()[1:]
    assert first[0].startswith("the test asked for other/x, which is not a fixture")
    assert next(line for line in first if line.startswith("x_test")) == "x_test.py:8: in test_it"
    # Also in the list of failures at the end.
    assert "- the test asked for other/x" in result.stdout
    whole = _run(sandbox, tests, "--tb=long")
    assert len(whole.stdout.splitlines()) > 500
    assert whole.stdout.count("the test asked for other/x") == 10


def test_a_file_that_loads_at_its_top_is_explained(sandbox: Path) -> None:
    result = _run(
        sandbox, "import huggingface_hub\nhuggingface_hub.hf_hub_download('other/x', 'a')\n"
    )
    assert result.returncode == 2
    assert "ERROR collecting x_test.py" in result.stdout
    assert len(result.stdout.splitlines()) < 30
    assert "may use\n  tiny-random/x\nhint: add the `tiny_fixture`" in result.stdout


_OTHER = """
import huggingface_hub
BESIDE = huggingface_hub.hf_hub_download("tiny-random/x", "config.json")
def test_same_name(tiny_fixture):
    assert open(BESIDE).read() == '{"of": "y"}'
    assert tiny_fixture("tiny-random/x").path.name == "other"
def test_not_lent(tiny_fixture):
    huggingface_hub.hf_hub_download("tiny-random/z", "config.json")
"""


def test_a_batch_lends_each_file_its_own_fixtures(sandbox: Path) -> None:
    """Two fixtures of one name, a fixture of one file alone, and a file without fixtures."""
    others = (("other", "tiny-random/x", '{"of": "y"}'), ("z", "tiny-random/z", "{}"))
    for name, repo_id, config in others:
        directory = sandbox / "m" / name
        directory.mkdir()
        (directory / "config.json").write_text(config)
        write_manifest(directory, repo_id, address=f"m:{name}")
    for index, test, names in (("b", "x_test.py", ["tiny", "z"]), ("y", "y_test.py", ["other"])):
        fixtures = [{"directory": f"m/{name}", "module": None} for name in names]
        document = {"schema": 1, "test": test, "fixtures": fixtures, "problems": []}
        (sandbox / "indexes" / f"{index}.json").write_text(json.dumps(document))
    (sandbox / "y_test.py").write_text(_OTHER)
    (sandbox / "w_test.py").write_text(
        "import huggingface_hub\n"
        "def test_none():\n    huggingface_hub.hf_hub_download('tiny-random/x', 'config.json')\n"
    )
    tests = (
        "import huggingface_hub\n"
        "def test_x(tiny_fixture):\n"
        "    assert tiny_fixture('tiny-random/x').path.name == 'tiny'\n"
        "    for name in ('tiny-random/x', 'tiny-random/z'):\n"
        "        path = huggingface_hub.hf_hub_download(name, 'config.json')\n"
        "        assert open(path).read() == '{}'\n"
    )
    result = _run(sandbox, tests, "y_test.py", "w_test.py")
    assert "2 failed, 2 passed" in result.stdout, result.stdout
    assert "the test asked for tiny-random/z, which is not a fixture of its target" in result.stdout
    assert "the test asked for tiny-random/x, which is not a fixture of its target" in result.stdout


def test_two_fixtures_of_one_name_fail_their_test_alone(sandbox: Path) -> None:
    directory = sandbox / "m" / "other"
    directory.mkdir()
    write_manifest(directory, "tiny-random/x", address="m:other")
    fixtures = [{"directory": f"m/{name}", "module": None} for name in ("tiny", "other")]
    document = {"schema": 1, "test": "y_test.py", "fixtures": fixtures, "problems": []}
    (sandbox / "indexes" / "y.json").write_text(json.dumps(document))
    (sandbox / "y_test.py").write_text("raise AssertionError('not to be imported')\n")
    result = _run(sandbox, "def test_it(): pass\n", "y_test.py")
    assert "1 failed, 1 passed" in result.stdout, result.stdout
    assert "two fixtures have the repository id tiny-random/x" in result.stdout


def test_only_the_tests_of_a_fixture_that_cannot_be_built_fail(sandbox: Path) -> None:
    index = {
        "schema": 1,
        "test": "y_test.py",
        "fixtures": [],
        "problems": ["m:broken cannot be built\n  the reason"],
    }
    (sandbox / "indexes" / "y.json").write_text(json.dumps(index))
    (sandbox / "y_test.py").write_text("raise AssertionError('not to be imported')\n")
    result = _run(sandbox, "def test_it(): pass\n", "y_test.py")
    assert result.returncode == 1
    assert "1 failed, 1 passed" in result.stdout
    assert "m:broken cannot be built\n  the reason" in result.stdout
    assert "not to be imported" not in result.stdout


_LEFT_OUT = {
    "processor": {"message": "XVideoProcessor needs torchvision, which is not installed",
                  "hint": "add `torchvision`"},
}  # fmt: skip
# As the Auto classes of transformers: one loads by a name, another raises before it is given one.
_LIBRARY = """\
def from_pretrained(pretrained_model_name_or_path):
    raise ValueError("Unrecognized processing class")


def absent():
    raise ImportError("AutoVideoProcessor requires the Torchvision library but it was not found")
"""
_LOADING = """\
import pytest
from transformers.models import auto

def test_by_name(): auto.from_pretrained("tiny-random/x")
def test_by_path(tiny_fixture): auto.from_pretrained(tiny_fixture("tiny-random/x").path)
def test_before_a_name(): auto.absent()
def test_processor(tiny_fixture): tiny_fixture("tiny-random/x").processor
def test_other(): auto.from_pretrained("tiny-random/y")
"""


def test_a_part_that_was_left_out_is_explained(sandbox: Path) -> None:
    write_manifest(sandbox / "m" / "tiny", "tiny-random/x", left_out=_LEFT_OUT)
    library = sandbox / "transformers" / "models"
    library.mkdir(parents=True)
    (library.parent / "__init__.py").touch()
    (library / "__init__.py").touch()
    (library / "auto.py").write_text(_LIBRARY)
    result = _run(sandbox, _LOADING)
    why = "XVideoProcessor needs torchvision, which is not installed\nhint: add `torchvision`\n"
    line = f"the fixture tiny-random/x was built without its processor: {why}"
    assert result.stdout.count(line) == 4, result.stdout
    assert "ValueError: Unrecognized processing class" in result.stdout


def test_other_failures_are_left_alone(sandbox: Path) -> None:
    result = _run(sandbox, "def test_it():\n    assert 1 == 2\n")
    assert result.returncode == 1
    assert "may use" not in result.stdout


_WRITES = """
from pathlib import Path
def test_it(tiny_fixture):
    for path in (Path("m/tiny/model.safetensors"), tiny_fixture("tiny-random/x").path / "big"):
        with path.open("r+b") as file:
            file.write(b"changed")
"""


def test_what_a_test_writes_into_a_fixture_stays_in_its_sandbox(
    sandbox: Path, tmp_path: Path
) -> None:
    """As Pants lays one out: large files are hard links into its store."""
    fixture = sandbox / "m" / "tiny"
    stored = []
    for name in ("model.safetensors", "big"):
        stored.append(tmp_path / f"store-{name}")
        stored[-1].write_bytes(b"weights" * 100_000)
        os.link(stored[-1], fixture / name)
        stored[-1].chmod(0o555)
    write_manifest(fixture, "tiny-random/x", address="m:tiny")
    result = _run(sandbox, _WRITES)
    assert result.returncode == 0, result.stdout
    assert {path.read_bytes() for path in stored} == {b"weights" * 100_000}
    assert (fixture / "big").read_bytes().startswith(b"changed")
    # Pants would lay out another sandbox.
    shutil.rmtree(sandbox / "__tiny_fixtures")
    result = _run(sandbox, "def test_it(): pass\n")
    assert result.returncode == 4
    assert "big: error: has changed since the fixture was built" in result.stderr


def test_a_damaged_fixture_ends_the_run(sandbox: Path) -> None:
    (sandbox / "m" / "tiny" / "fixture.json").write_text("{")
    result = _run(sandbox, "def test_it(): pass\n")
    assert result.returncode == 4
    assert "the manifest is not JSON" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_hub_library_imported_before_the_plugin_ends_the_run(sandbox: Path) -> None:
    text = (sandbox / "plugin.py").read_text()
    (sandbox / "plugin.py").write_text(f"import huggingface_hub.constants\n{text}")
    result = _run(sandbox, "def test_it(): pass\n")
    assert result.returncode == 4
    assert "huggingface_hub was imported before" in result.stderr


def test_workers_share_the_hub_cache(sandbox: Path) -> None:
    pytest.importorskip("xdist")
    tests = "".join(
        f"def test_{number}(tiny_fixture):\n    tiny_fixture('tiny-random/x')\n"
        for number in range(6)
    )
    result = _run(sandbox, tests, "-n", "3")
    assert result.returncode == 0, result.stdout
    caches = [path for path in (sandbox / "__tiny_fixtures").iterdir() if not path.is_symlink()]
    assert len(caches) == 1
