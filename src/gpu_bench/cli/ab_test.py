from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gpu_bench.cli import ab, main
from gpu_bench.conftest import tiny
from gpu_bench.core.errors import CompileFailed, MeasuringFailed
from gpu_bench.judge import comparison
from gpu_bench.measure import session
from gpu_bench.measure.result_writer import write_json
from gpu_bench.measure.session import order
from toolkit.errors import InputError

MODEL = """
from transformers import Qwen2Config, Qwen2ForCausalLM
from helper import SHIFT

class OwnForCausalLM(Qwen2ForCausalLM):
    config_class = Qwen2Config

    def forward(self, *arguments, **options):
        out = super().forward(*arguments, **options)
        out.logits[..., SHIFT] += 1000
        return out
"""


def test_two_sides_are_measured_in_turn() -> None:
    assert order(4, 2) == [0, 1, 1, 0, 0, 1, 1, 0]
    assert order(3, 1) == [0, 0, 0]


def sides(tmp_path: Path) -> Any:
    for name, shift in (("base", 3), ("new", 5)):
        root = tmp_path / f"{name}_code"
        root.mkdir()
        (root / "own_model.py").write_text(MODEL)
        (root / "helper.py").write_text(f"SHIFT = {shift}\n")
        # A revision may have a gpu_bench of its own: the running one measures.
        (root / "gpu_bench.py").write_text("raise RuntimeError('the wrong tool')\n")
        yield str(root)


def options(request: Any, base: Any, new: Any, output: Any) -> Any:
    return argparse.Namespace(
        request=request,
        base_root=base,
        new_root=new,
        output=str(output),
        max_regression=["5%"],
    )


def test_each_side_runs_its_own_code(
    tmp_path: Path,
    write_request: Callable[[Any], str],
    result_schema: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base, new = sides(tmp_path)
    request = write_request(tiny(model={"module": "own_model"}, processes=2))
    compared = []
    compare = comparison.compare

    def noted(*arguments: Any) -> Any:
        compared.append(arguments)
        return compare(*arguments)

    monkeypatch.setattr(comparison, "compare", noted)
    out = tmp_path / "out"
    assert ab.run(options(request, base, new, out)) == 1
    results = {
        name: json.loads((out / name / "result.json").read_text()) for name in ("base", "new")
    }
    for result in results.values():
        jsonschema.validate(result, result_schema)
    indices = {
        name: [process["index"] for process in result["processes"]]
        for name, result in results.items()
    }
    assert indices == {"base": [0, 3], "new": [1, 2]}
    tokens = {name: result["output"]["tokens"][0][0] for name, result in results.items()}
    assert tokens == {"base": 3, "new": 5}
    assert compared == [(out / "base/result.json", [out / "new/result.json"], ["5%"])]
    assert json.loads((out / "verdict.json").read_text())["verdict"] == "wrong_output"


def test_a_problem_of_one_side_names_it(
    tmp_path: Path, write_request: Callable[[Any], str], result_schema: dict[str, Any]
) -> None:
    base, new = sides(tmp_path)
    (tmp_path / "new_code" / "helper.py").write_text("SHIFT = 'none'\n")
    request = write_request(tiny(model={"module": "own_model"}, processes=1))
    with pytest.raises(MeasuringFailed) as caught:
        ab.run(options(request, base, new, tmp_path / "out"))
    assert caught.value.message.startswith("new: the model raised TypeError")
    kept = json.loads((tmp_path / "out/base/result.json").read_text())
    jsonschema.validate(kept, result_schema)
    assert len(kept["processes"][0]["samples"]) > 0


def test_a_root_that_is_no_directory_is_named(
    tmp_path: Path, write_request: Callable[[Any], str]
) -> None:
    request = write_request(tiny())
    with pytest.raises(InputError, match="`--base-root` is not a directory"):
        ab.run(options(request, "nowhere", ".", tmp_path / "out"))


def test_run_measures_a_base_as_well(
    tmp_path: Path, write_request: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = []
    monkeypatch.setattr(
        session, "measure", lambda sides: measured.extend((s.root, s.output.name) for s in sides)
    )
    for name in ("base_code", "new_code"):
        (tmp_path / name).mkdir()
    base, new = (str(tmp_path / name) for name in ("base_code", "new_code"))
    request = write_request(tiny(model={"module": "own_model", "root": new}))
    arguments = ["run", request, f"--base-root={base}", f"--output={tmp_path / 'out'}"]
    assert main.main(arguments) == 0
    assert measured == [(base, "base"), (new, "new")]


def test_a_file_is_written_at_once_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"a": float("nan")})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [child.name for child in path.parent.iterdir()] == ["file.json"]
    assert path.stat().st_mode & 0o444 == 0o444


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        write_json(tmp_path / "file" / "result.json", {})


def test_the_other_sides_problem_keeps_its_kind() -> None:
    cut = session._cut_short(CompileFailed("no"))
    assert isinstance(cut, CompileFailed)
    assert cut.message == "the other side ended the run: no"
