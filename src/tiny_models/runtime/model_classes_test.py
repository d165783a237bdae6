"""Programs that load a fixture of the repository's own classes by its name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tiny_models.runtime.run import _program
from tiny_models.testing.sample_fixture import write_manifest

_SOURCES = str(Path(__file__).resolve().parents[2])
_MODELING = """
import torch
from transformers import PreTrainedConfig, PreTrainedModel

class ToyConfig(PreTrainedConfig):
    model_type = "toy"

class ToyForCausalLM(PreTrainedModel):
    config_class = ToyConfig

    def __init__(self, config):
        super().__init__(config)
        self.proj = torch.nn.Linear(3, 3)
        self.post_init()

print("imported")
"""
_FAILING = "raise OSError('no')\nclass ToyForCausalLM(object): ...\n"


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A directory with a package of a model that registers nothing, and a fixture of it."""
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/__init__.py").write_text("")
    (tmp_path / "toy/modeling_toy.py").write_text(_MODELING)
    fixture = tmp_path / "fixture"
    program = (
        "import sys; from toy.modeling_toy import *; "
        "ToyForCausalLM(ToyConfig(architectures=['ToyForCausalLM'])).save_pretrained(sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", program, fixture], cwd=tmp_path, check=True)
    write_manifest(fixture, "tiny-random/toy", architecture="ToyForCausalLM")
    return tmp_path


def _run(directory: Path, *command: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return subprocess.run(
        [
            *(sys.executable, "-m", "tiny_models", "run", "fixture"),
            *("--module=toy.modeling_toy", "--", *command),
        ],
        cwd=directory,
        env={**kept, "PYTHONPATH": os.pathsep.join([_SOURCES, str(directory)])},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize(
    "program",
    [
        "from transformers import AutoModelForCausalLM as A; m = A.from_pretrained(NAME)",
        "from transformers import AutoConfig as A; m = A.from_pretrained(NAME)",
        "import toy.modeling_toy; from transformers import AutoModelForCausalLM as A; "
        "m = A.from_pretrained(NAME)",
    ],
)
def test_auto_classes_find_the_class(toy: Path, program: str) -> None:
    done = _run(toy, "python", "-c", program.replace("NAME", "'tiny-random/toy'") + "; print(m)")
    assert done.returncode == 0, done.stderr
    assert "Toy" in done.stdout
    assert done.stdout.count("imported") == 1


def test_a_program_without_auto_classes_imports_no_model(toy: Path) -> None:
    done = _run(toy, "python", "-c", "import sys; print('torch' in sys.modules)")
    assert done.stdout == "False\n", done.stderr


def test_a_module_that_fails_ends_no_program(toy: Path) -> None:
    (toy / "toy/modeling_toy.py").write_text(_FAILING)
    done = _run(
        toy, "python", "-c", "import transformers.models.auto.configuration_auto; print('end')"
    )
    assert done.stdout == "end\n", done.stderr
    assert "toy.modeling_toy: warning: ToyForCausalLM is not registered: OSError: no" in done.stderr


def test_the_startup_module_of_the_environment_runs_too(toy: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('own')\n")
    done = _run(toy, "python", "-c", "print('end')")
    # First for the tool itself.
    assert done.stdout == "own\nown\nend\n"


def test_scripts_of_the_environment_are_given_to_its_interpreter() -> None:
    directory = Path(sys.executable).parent
    script = next(path for path in (directory / "transformers", directory / "hf") if path.exists())
    assert _program([script.name, "a"], str(directory)) == (
        sys.executable,
        [sys.executable, str(script), "a"],
    )
    assert _program(["python", "a"], str(directory)) == ("python", ["python", "a"])
    assert _program(["nothing"], str(directory)) == ("nothing", ["nothing"])
