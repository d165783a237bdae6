from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from modular_converter.cli.main import main
from modular_converter.convert import group, model, processes
from modular_converter.emit import formatter
from modular_converter.library import index, sources
from rules_transformers_contract import stored_outcomes

SCHEMAS = Path(__file__).parents[1] / "schemas"
PARENT = """\
class LlamaMLP:
    def size(self):
        return 1
"""
SIZE = """def size(self):
        return 1"""
CHILD = """\
from ..llama.modeling_llama import LlamaMLP


class {cased}MLP(LlamaMLP):
    pass
"""
GRANDCHILD = CHILD.replace("llama", "one").replace("Llama", "One")


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with `llama`, `one` and `two`, which inherit from it, and `three` from `one`."""
    monkeypatch.chdir(tmp_path)
    files = {
        "llama/modeling_llama.py": PARENT,
        "one/modular_one.py": CHILD.format(cased="One"),
        "two/modular_two.py": CHILD.format(cased="Two"),
        "three/modular_three.py": GRANDCHILD.format(cased="Three"),
    }
    for path, text in files.items():
        Path("m", path).parent.mkdir(parents=True)
        Path("m", path).write_text(text, encoding="utf-8")
    return tmp_path


def member(name: str, *files: str, **values: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "modulars": [{"path": f"m/{name}/modular_{name}.py"}],
        "files": [f"m/{name}/modular_{name}.py", *files],
        "output_dir": f"out/{name}",
        **values,
    }


LLAMA = "m/llama/modeling_llama.py"


def serve(*members: dict[str, Any]) -> list[dict[str, Any]]:
    """What becomes of each member; what they write stays."""
    Path("group.json").write_text(json.dumps({"schema": 1, "members": members}), encoding="utf-8")
    assert main(["group", "--request=group.json", "--results=results.json"]) == 0
    document = json.loads(Path("results.json").read_text())
    jsonschema.validate(document, json.loads((SCHEMAS / "group_results.schema.json").read_text()))
    results: list[dict[str, Any]] = document["members"]
    return results


def written(name: str) -> dict[str, str]:
    root = Path("out", name)
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in root.rglob("*.py")
    }


@pytest.mark.usefixtures("sandbox")
class TestAsIfAlone:
    def check(self, *members: dict[str, Any]) -> None:
        together = serve(*members)
        files = {one["output_dir"]: written(Path(one["output_dir"]).name) for one in members}
        shutil.rmtree("out")
        for one, result in zip(members, together, strict=True):
            assert serve(one) == [result]
            assert written(Path(one["output_dir"]).name) == files[one["output_dir"]]

    def test_members_that_share_a_parent(self) -> None:
        self.check(member("one", LLAMA), member("two", LLAMA))
        assert "class TwoMLP" in written("two")["m/two/modeling_two.py"]

    def test_a_member_that_fails(self) -> None:
        Path("m/one/modular_one.py").write_text("class (", encoding="utf-8")
        self.check(member("one", LLAMA), member("two", LLAMA))
        assert written("one") == {}
        assert written("two") != {}

    def test_neighbours_lend_no_parent(self) -> None:
        # `two` does not list its parent, which lies in the sandbox for `one`.
        members = member("one", LLAMA), member("two")
        self.check(*members)
        results = serve(*members)
        assert [result["exit_code"] for result in results] == [0, 2]
        assert "parent-not-found" in results[1]["messages"]

    def test_neighbours_lend_no_output(self) -> None:
        # `three` inherits from what `one` generates, and does not list it.
        members = member("one", LLAMA), member("three", LLAMA)
        self.check(*members)
        assert serve(*members)[1]["exit_code"] == 2

    def test_a_file_that_is_missing(self) -> None:
        Path("m/one/modular_one.py").unlink()
        self.check(member("one", LLAMA), member("two", LLAMA))

    def test_options_of_one_member(self) -> None:
        text = Path("m/one/modular_one.py").read_text()
        for name in ("one", "two"):
            cased = name.capitalize()
            path = Path(f"m/{name}/modular_{name}.py")
            path.write_text(text.replace("One", cased).replace("pass", SIZE))
        members = (
            member("one", LLAMA, pedantic=True),
            member("two", LLAMA),
            member("three", LLAMA, profile="nonsense"),
        )
        self.check(*members)
        one, two, three = serve(*members)
        assert [result["ruleId"] for result in one["results"]] == ["redundant-override"]
        assert two["results"] == []
        assert three["exit_code"] == 2

    def test_a_crash(self, monkeypatch: pytest.MonkeyPatch) -> None:
        convert = model.convert

        def crash(location: Any, *arguments: Any, **options: Any) -> Any:
            if location.model_name == "one":
                raise KeyError("a fault of the converter")
            return convert(location, *arguments, **options)

        monkeypatch.setattr(processes, "convert", crash)
        one, two = serve(member("one", LLAMA), member("two", LLAMA))
        assert one["exit_code"] == 1
        assert "a fault of the converter" in one["messages"]
        assert two["exit_code"] == 0


@pytest.mark.usefixtures("sandbox")
def test_the_formatter_runs_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    format_all: Callable[..., Any] = formatter.format_all

    def counting(*arguments: Any) -> Any:
        calls.append(arguments)
        return format_all(*arguments)

    monkeypatch.setattr(group, "format_all", counting)
    serve(member("one", LLAMA), member("two", LLAMA))
    assert len(calls) == 1


@pytest.mark.usefixtures("sandbox")
def test_what_members_share_is_indexed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    indexed = []
    build_index = index.build_index

    def counting(file: Any, ignores: Any) -> Any:
        indexed.append(Path(file.path).name)
        return build_index(file, ignores)

    monkeypatch.setattr(sources, "build_index", counting)
    serve(member("one", LLAMA), member("two", LLAMA))
    assert indexed.count("modeling_llama.py") == 1


@pytest.mark.usefixtures("sandbox")
def test_only_what_is_not_stored_is_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    converted: list[str] = []
    convert = model.convert

    def counting(location: Any, *arguments: Any, **options: Any) -> Any:
        converted.append(location.model_name)
        return convert(location, *arguments, **options)

    monkeypatch.setattr(processes, "convert", counting)
    path = Path("m/one/modular_one.py")
    path.write_text(path.read_text().replace("pass", SIZE))
    members = (
        member("one", LLAMA, pedantic=True),
        member("two", LLAMA),
        # It fails, and is tried again.
        member("three", LLAMA),
    )

    def serve_with(*keys: str) -> tuple[list[dict[str, Any]], list[dict[str, str]], list[str]]:
        shutil.rmtree("out", ignore_errors=True)
        converted.clear()
        monkeypatch.setenv(stored_outcomes.VARIABLE, stored_outcomes.order(keys))
        results = serve(*members)
        return results, [written(name) for name in ("one", "two", "three")], list(converted)

    plain = serve_with("1", "2", "3")
    assert plain[0][0]["results"] != []
    assert [result["exit_code"] for result in plain[0]] == [0, 0, 2]
    assert {"one", "two"} <= set(plain[2])
    # So far there was no store.
    assert serve_with("1", "2", "3") == plain
    Path(stored_outcomes.DIRECTORY).mkdir()
    assert serve_with("1", "2", "3") == plain
    assert serve_with("1", "2", "3")[:2] == plain[:2]
    assert not {"one", "two"} & set(converted)
    Path("m/two/modular_two.py").write_text(CHILD.format(cased="Other"))
    changed = serve_with("1", "2b", "3")
    assert "one" not in changed[2] and "two" in changed[2]
    assert changed[1][0] == plain[1][0]
    assert "OtherMLP" in changed[1][1]["m/two/modeling_two.py"]


@pytest.mark.usefixtures("sandbox")
def test_the_directory_of_a_member_is_there_even_if_it_fails() -> None:
    serve(member("one"))
    assert Path("out/one").is_dir()


@pytest.mark.usefixtures("sandbox")
def test_a_wrong_request_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("group.json").write_text('{"schema": 1, "members": [{"schema": 1}]}', encoding="utf-8")
    assert main(["group", "--request=group.json", "--results=results.json"]) == 2
    assert "`members[0].modulars` is missing" in capsys.readouterr().err


@pytest.mark.usefixtures("sandbox")
def test_a_result_has_the_findings_of_the_log() -> None:
    Path("m/one/modular_one.py").write_text("import", encoding="utf-8")
    (result,) = serve(member("one", LLAMA))
    assert [finding["level"] for finding in result["results"]] == ["error"]
