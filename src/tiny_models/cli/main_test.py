from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tiny_models.cli.main import main

QWEN = {
    "address": "models/qwen2:tiny",
    "path": "qwen2",
    "model_type": "qwen2",
    "architectures": ["Qwen2ForCausalLM"],
    "tokenizer": "none",
    "processors": False,
    "repo_id": "tiny-random/qwen2",
}
MODELING = """
import torch
from transformers import PreTrainedConfig, PreTrainedModel

class ToyConfig(PreTrainedConfig):
    model_type = "toy"
    hidden_size: int = 512
    num_hidden_layers: int = 9

class ToyModel(PreTrainedModel):
    config_class = ToyConfig
    main_input_name = "pixel_values"

    def __init__(self, config):
        super().__init__(config)
        self.proj = torch.nn.Linear(3, config.hidden_size)
        self.post_init()

    def forward(self, pixel_values, **kwargs):
        return self.proj(pixel_values.mean(dim=(2, 3)))

__all__ = ["ToyConfig", "ToyModel"]
"""


def write_request(tmp_path: Path, *entries: dict[str, Any]) -> str:
    path = tmp_path / "request.json"
    path.write_text(json.dumps({"schema": 1, "fixtures": entries}), encoding="utf-8")
    return str(path)


def contents(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from tiny_models.cli.main import COMMAND_LINE;"
        "COMMAND_LINE.parser().format_help();"
        "print([name for name in ('torch', 'transformers', 'numpy') if name in sys.modules])"
    )
    start = time.process_time()
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert done.stdout.strip() == "[]"
    assert time.process_time() - start < 0.3


def test_build_verify_and_keep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    request = write_request(tmp_path, {**QWEN, "checks": ["forward", "round-trip", "generate",
                                                          "gradient"]})  # fmt: skip
    output = tmp_path / "out"
    record = tmp_path / "record.json"
    arguments = ["build", request, "--output", str(output), "--record", str(record)]
    # What a build that was killed leaves.
    (output / ".new-dir-abcdefgh").mkdir(parents=True)
    (output / ".new-dir-abcdefgh" / "model.safetensors").write_bytes(b"half")
    assert main(arguments) == 0
    assert capsys.readouterr().out == f"{output}/qwen2\n"
    first = contents(output)
    assert sorted(first) == [
        "qwen2/README.md",
        "qwen2/config.json",
        "qwen2/fixture.json",
        "qwen2/generation_config.json",
        "qwen2/model.safetensors",
    ]
    assert first["qwen2/README.md"].startswith(b"---\nlibrary_name: transformers\n")
    versions = json.loads(record.read_text(encoding="utf-8"))["fixtures"]["qwen2"]["versions"]
    assert set(versions) == {"python", "numpy", "torch", "transformers"}

    (output / "qwen2" / ".marker").write_text("", encoding="utf-8")
    assert main(arguments) == 0
    assert "kept" in capsys.readouterr().err
    assert (output / "qwen2" / ".marker").exists()
    (output / "qwen2" / ".marker").unlink()

    assert main(["verify", "--static", f"{output}/qwen2"]) == 0
    assert main(["verify", f"{output}/qwen2"]) == 0
    assert "intact, loads and runs" in capsys.readouterr().out

    weights = output / "qwen2" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert main(["verify", f"{output}/qwen2", "--json"]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["ok"] is False
    assert "truncated" in captured.err
    assert main(arguments) == 0
    assert contents(output) == first


def test_decoders_have_a_start(tmp_path: Path) -> None:
    entry = {
        "address": "t5:tiny",
        "path": "t5",
        "model_type": "t5",
        "architectures": ["T5ForConditionalGeneration"],
        "tokenizer": "none",
        "processors": False,
        "checks": ["generate"],
    }
    output = tmp_path / "out"
    assert main(["build", write_request(tmp_path, entry), "--output", str(output)]) == 0
    text = (output / "t5" / "generation_config.json").read_text(encoding="utf-8")
    assert json.loads(text)["decoder_start_token_id"] == 0


def test_a_damaged_or_foreign_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out" / "qwen2").mkdir(parents=True)
    (tmp_path / "out" / "qwen2" / "thesis.txt").write_text("mine", encoding="utf-8")
    assert main(["build", write_request(tmp_path, QWEN), "--output", str(tmp_path / "out")]) == 2
    assert "is in the way and is not a fixture" in capsys.readouterr().err
    assert contents(tmp_path / "out") == {"qwen2/thesis.txt": b"mine"}


WRONG: list[tuple[dict[str, Any], int, str, str]] = [
    ({"model_type": "qwen22"}, 2, "has no model type `qwen22`", "did you mean `qwen2`"),
    (
        {"architectures": ["BertModel"]},
        2,
        "is not an architecture of `qwen2`",
        "it belongs to: bert",
    ),
    (
        {"architectures": ["Qwen2ForCausalLn"]},
        2,
        "is not an architecture",
        "did you mean `Qwen2ForCausalLM`",
    ),
    ({"config": {"hiden_size": 8}}, 2, "`hiden_size` is not a field of Qwen2Config", "hidden_size"),
    ({"config": {"num_attention_heads": "x"}}, 2, "refuses the overrides", "hint"),
    ({"config": {"num_key_value_heads": 3}}, 1, "check `forward` failed", "may not fit"),
    ({"max_size": 1000}, 2, "more than", "hint"),
    ({"config": {"hidden_size": 100000}}, 2, "parameters, more than", "override `hidden_size`"),
    ({"model_type": "dinat", "architectures": ["DinatModel"]}, 3, "needs natten", "add `natten`"),
    ({"from_checkpoint": "/no/such/directory"}, 2, "there is no directory", "from_checkpoint"),
]


@pytest.mark.parametrize(("change", "code", "message", "hint"), WRONG)
def test_bad_input(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, Any],
    code: int,
    message: str,
    hint: str,
) -> None:
    output = tmp_path / "out"
    assert (
        main(["build", write_request(tmp_path, {**QWEN, **change}), "--output", str(output)])
        == code
    )
    error = capsys.readouterr().err
    assert message in error
    assert hint in error
    assert "models/qwen2:tiny" in error
    assert "Traceback" not in error
    assert not output.exists() or contents(output) == {}


def test_what_cannot_be_built_does_not_stop_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def entry(name: str, **changes: Any) -> dict[str, Any]:
        return {**QWEN, "address": name, "path": name, "repo_id": f"t/{name}", **changes}

    request = write_request(
        tmp_path,
        entry("unknown", model_type="nothing"),
        entry("failing", config={"num_key_value_heads": 3}),
        entry("one", repo_id="t/same", architectures=["Qwen2Model", "Qwen2ForCausalLM"]),
        entry("two", repo_id="t/same-Qwen2ForCausalLM"),
        entry("lacking", model_type="dinat", architectures=["DinatModel"]),
        QWEN,
    )
    assert main(["build", request, "--output", str(tmp_path / "out")]) == 3
    output = capsys.readouterr()
    assert output.out.splitlines() == [
        str(tmp_path / "out/one/Qwen2Model"),
        str(tmp_path / "out/qwen2"),
    ]
    assert [line.partition(":")[0] for line in output.err.splitlines() if "error: " in line] == [
        "unknown",
        "error",
        "failing (Qwen2ForCausalLM)",
        "lacking (DinatModel)",
    ]
    assert "one (Qwen2ForCausalLM) and two (Qwen2ForCausalLM) have one repo_id" in output.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one", "qwen2"]


@pytest.mark.parametrize("name", ["qwen2", "qwen2/inner"])
def test_a_link_out_of_the_output_is_not_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    output, outside = tmp_path / "out", tmp_path / "outside"
    outside.mkdir()
    output.mkdir()
    (output / "qwen2").symlink_to(outside)
    request = write_request(tmp_path, {**QWEN, "path": name})
    assert main(["build", request, "--output", str(output)]) == 2
    error = capsys.readouterr().err
    assert "a link leads from here out of" in error
    assert "hint: " in error
    assert list(outside.iterdir()) == []


def test_generated_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = tmp_path / "gen" / "toy_package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "modeling_toy.py").write_text(MODELING, encoding="utf-8")
    entry: dict[str, Any] = {
        "address": "toy:tiny",
        "path": "toy",
        "source": {"module": "toy_package.modeling_toy", "root": str(tmp_path / "gen")},
        "architectures": ["ToyModel"],
        "tokenizer": "none",
        "processors": False,
    }
    output = tmp_path / "out"
    request = write_request(tmp_path, entry)
    assert main(["build", request, "--output", str(output)]) == 0
    config = json.loads((output / "toy" / "config.json").read_text(encoding="utf-8"))
    assert (config["hidden_size"], config["num_hidden_layers"]) == (32, 2)
    assert main(["verify", "--static", str(output / "toy")]) == 0
    assert main(["run", str(output / "toy"), "--module=toy_package.modeling_toy"]) == 0
    assert "is intact, loads and runs" in capsys.readouterr().out
    assert main(["verify", str(output / "toy")]) == 2
    assert "name the module of generated code by --module" in capsys.readouterr().err
    assert main(["verify", str(output / "toy"), "--module=nowhere"]) == 2
    assert "module nowhere cannot be imported" in capsys.readouterr().err

    other = {**entry, "architectures": ["ToiModel"]}
    assert main(["build", write_request(tmp_path, other), "--output", str(output)]) == 2
    assert "did you mean `ToyModel`" in capsys.readouterr().err

    (package / "modeling_bad.py").write_text("import torch\nraise OSError('no')\n", "utf-8")
    bad = {**entry, "source": {"module": "toy_package.modeling_bad", "root": str(tmp_path / "gen")}}
    assert main(["build", write_request(tmp_path, bad), "--output", str(output)]) == 2
    error = capsys.readouterr().err
    assert "cannot be imported: OSError: no (line 2 of modeling_bad.py)" in error

    (package / "modeling_bad.py").write_text("\nimport no_such_package.part\n", "utf-8")
    assert main(["build", write_request(tmp_path, bad), "--output", str(output)]) == 3
    error = capsys.readouterr().err
    assert "modeling_bad needs no_such_package, which is not installed (line 2 of" in error
    assert "hint: add `no_such_package` to the requirements of the resolve" in error
    (package / "modeling_bad.py").write_text("from toy_package import nothing\n", "utf-8")
    assert main(["build", write_request(tmp_path, bad), "--output", str(output)]) == 2
    error = capsys.readouterr().err
    assert "cannot import name 'nothing'" in error
    assert "hint: what it imports must be a dependency of the model" in error

    proud = MODELING.replace(
        "class ToyModel",
        "    def __post_init__(self, **kwargs):\n"
        "        if self.hidden_size < 512:\n"
        "            raise ValueError('too small')\n"
        "        super().__post_init__(**kwargs)\n\n"
        "class ToyModel",
    )
    (package / "modeling_proud.py").write_text(proud, "utf-8")
    large = {**entry, "source": {**entry["source"], "module": "toy_package.modeling_proud"}}
    assert main(["build", write_request(tmp_path, large), "--output", str(output)]) == 2
    assert "cannot be made: ValueError: too small" in capsys.readouterr().err

    elsewhere = {**entry, "source": {"module": "toy_package.modeling_toy", "root": str(output)}}
    assert main(["build", write_request(tmp_path, elsewhere), "--output", str(output)]) == 2
    error = capsys.readouterr().err
    assert f"comes from {package / 'modeling_toy.py'}, expected it below {output}" in error


def test_a_package_below_the_source_root_goes_before_an_installed_one(tmp_path: Path) -> None:
    # A repository that is transformers itself.
    package = tmp_path / "src" / "transformers"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('the one of the repository')", "utf-8")
    source = {"module": "transformers.modeling_x", "root": str(tmp_path / "src")}
    request = write_request(tmp_path, {"address": "x:tiny", "path": "x", "source": source})
    run = subprocess.run(
        [sys.executable, "-m", "tiny_models", "build", request, f"--output={tmp_path / 'out'}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (1, "the one of the repository\n")


def test_coverage_of_some_classes(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["coverage", "--class", "Qwen2Model", "--class", "DinatModel", "--json", "--quiet"]
    assert main([*arguments, "--require", "60"]) == 1
    answer = json.loads(capsys.readouterr().out)
    by_name = {result["architecture"]: result for result in answer["classes"]}
    assert by_name["Qwen2Model"]["reached"] == "ok"
    assert by_name["DinatModel"]["reached"] == "package"
    assert "natten" in by_name["DinatModel"]["cause"]
    assert main([*arguments, "--require", "50"]) == 0
    assert main(["coverage", "--class", "Qwen2Modell", "--quiet"]) == 2
    assert "did you mean `Qwen2Model`" in capsys.readouterr().err
