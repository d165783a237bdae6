from __future__ import annotations

import errno
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from modular_converter.cli.main import main
from modular_converter.conftest import Workspace

SCHEMAS = Path(__file__).parents[1] / "schemas"
MODULAR = """
from transformers.models.llama.modeling_llama import LlamaMLP


class TinyConfig:
    pass


class TinyMLP(LlamaMLP):
    pass
"""
PATH = "models/tiny/modular_tiny.py"
MODELING = "models/tiny/modeling_tiny.py"


@pytest.fixture(autouse=True)
def repository(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace.parent("class LlamaMLP:\n    size = 1\n")
    workspace.write(PATH, MODULAR)
    monkeypatch.chdir(workspace.root)
    return workspace


def convert(*arguments: str) -> int:
    return main(["convert", "--search-path", ".", *arguments])


def test_convert_writes_only_what_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert convert("models") == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "changed models/tiny/configuration_tiny.py",
        "changed models/tiny/modeling_tiny.py",
    ]
    assert shown.err.strip() == "2 changed, 0 unchanged"
    before = os.stat(MODELING).st_mtime_ns
    assert convert(PATH) == 0
    assert "unchanged models/tiny/modeling_tiny.py" in capsys.readouterr().out
    assert os.stat(MODELING).st_mtime_ns == before


def test_check_shows_a_diff_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert convert("--check", "models") == 1
    assert not os.path.exists(MODELING)
    convert("models")
    Path(MODELING).write_text(Path(MODELING).read_text().replace("size = 1", "size = 2"))
    capsys.readouterr()
    assert convert("--check", "models") == 1
    shown = capsys.readouterr()
    assert "-    size = 2\n+    size = 1\n" in shown.out
    assert "1 stale, 1 up to date" in shown.err
    assert "size = 2" in Path(MODELING).read_text()


def test_output_dir_mirrors_the_tree() -> None:
    assert convert("--output-dir", "out", PATH) == 0
    assert os.path.exists(f"out/{MODELING}")
    assert not os.path.exists(MODELING)


def test_the_output_dir_is_there_though_nothing_comes_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path(PATH).write_text("# Nothing yet.\n")
    assert convert("--output-dir", "out", PATH) == 0
    assert os.listdir("out") == []
    Path("taken").write_text("")
    capsys.readouterr()
    assert convert("--output-dir", "taken", PATH) == 3
    assert "taken: error: the directory cannot be created" in capsys.readouterr().err


def test_a_link_out_of_a_directory_is_not_converted(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "modular_far.py"
    outside.write_text(MODULAR)
    Path("models/tiny/modular_near.py").symlink_to("modular_tiny.py")
    assert convert("models") == 0
    capsys.readouterr()
    Path("models/tiny/modular_far.py").symlink_to(outside)
    assert convert("models") == 2
    error = capsys.readouterr().err
    assert error.startswith("models/tiny/modular_far.py")
    assert "[link-leaves-input]" in error
    assert "hint: " in error
    assert not os.path.exists("models/tiny/modeling_far.py")


def test_a_link_out_of_the_output_directory_is_not_followed(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    os.mkdir("out")
    os.symlink(outside, "out/models")
    assert convert("--output-dir", "out", PATH) == 2
    assert "[outside-output-dir]" in capsys.readouterr().err
    assert os.listdir(outside) == []


def test_bad_input_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    Path(PATH).write_text("class A(:\n")
    assert convert("models") == 2
    message = capsys.readouterr().err
    assert message.startswith(f"{PATH}:1:9: error[syntax-error]")
    assert "  1 | class A(:\n    |         ^\nhint: " in message


def test_syntax_newer_than_this_python_names_the_version(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path(PATH).write_text("import a\nlazy import b\n")
    assert convert("models") == 2
    message = capsys.readouterr().err
    assert message.startswith(f"{PATH}:2:6: error[syntax-error]: a lazy import needs Python 3.15")
    assert "hint: run this on Python 3.15 or later; for Pants, set " in message


@pytest.mark.parametrize(
    "arguments",
    [["nowhere"], ["transformers"], ["--profile", "1.0", PATH], ["--root", "nowhere", PATH]],
)
def test_bad_arguments_are_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert convert(*arguments) == 2
    assert "hint: " in capsys.readouterr().err


def test_target_that_cannot_be_written_is_exit_code_3(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkdir(MODELING)
    assert convert(PATH) == 3
    assert f"{MODELING}: error: the file cannot be written" in capsys.readouterr().err
    assert [name for name in os.listdir("models/tiny") if name.startswith(".")] == []


def test_a_target_that_cannot_be_written_does_not_stop_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("aaa", "zzz"):
        os.mkdir(f"models/{name}")
        Path(f"models/{name}/modular_{name}.py").write_text("class A:\n    x = 1\n")
    os.mkdir(MODELING)
    assert convert("models") == 3
    shown = capsys.readouterr()
    assert f"{MODELING}: error: the file cannot be written" in shown.err
    assert shown.out.splitlines() == [
        "changed models/aaa/modeling_aaa.py",
        "changed models/zzz/modeling_zzz.py",
    ]


def test_a_name_that_is_too_long_stops_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    # `configuration_` is longer than `modular_`.
    name = "a" * 242
    Path(f"models/tiny/modular_{name}.py").write_text("class TinyConfig:\n    size = 1\n")
    assert convert("models") == 3
    shown = capsys.readouterr()
    assert f"configuration_{name}.py: error: the file cannot be written: File name" in shown.err
    assert "hint: shorten the name" in shown.err
    assert f"changed {MODELING}" in shown.out


def test_a_missing_file_is_one_line_of_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert convert(PATH) == 0
    os.unlink(MODELING)
    capsys.readouterr()
    assert convert("--check", PATH) == 1
    assert capsys.readouterr().out == f"{MODELING} is missing\n"


def test_a_long_line_is_cut_around_the_place(capsys: pytest.CaptureFixture[str]) -> None:
    Path(PATH).write_text("x = [" + "0, " * 500 + "1 2, " + "0, " * 500 + "]\n")
    assert convert(PATH) == 2
    excerpt, caret = capsys.readouterr().err.splitlines()[1:3]
    assert len(excerpt) < 140
    assert excerpt.startswith("  1 | ...") and excerpt.endswith("...")
    assert excerpt[caret.index("^") :].startswith("1 2, ")


def write_request(**changes: object) -> str:
    request: dict[str, object] = {
        "schema": 1,
        "modulars": [{"path": PATH, "outputs": ["modeling"]}],
        "source_roots": ["."],
        "parents": ["."],
        "profile": None,
        "output_dir": "__out",
        **changes,
    }
    Path("request.json").write_text(json.dumps(request, indent=1))
    return "request.json"


def test_request() -> None:
    path = write_request()
    schema = json.loads((SCHEMAS / "request.schema.json").read_text())
    jsonschema.validate(json.loads(Path(path).read_text()), schema)
    assert main(["convert", "--request", path]) == 0
    assert os.listdir("__out/models/tiny") == ["modeling_tiny.py"]
    first_line = Path(f"__out/{MODELING}").read_text().splitlines()[1]
    assert first_line.endswith(f"generated from {PATH}.")


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 2},
        {"surprise": 1},
        {"modulars": [{"path": PATH, "surprise": 1}]},
        {"modulars": [{"path": PATH, "outputs": ["model"]}]},
        {"modulars": "all"},
        {"parents": [1]},
        {"modulars": [{"path": PATH}, {"path": PATH}]},
    ],
)
def test_bad_requests_are_located(
    changes: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", "--request", write_request(**changes)]) == 2
    assert "request.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    "changes",
    [
        {"modulars": [{"path": f"../{PATH}"}]},
        {"modulars": [{"path": f"/{PATH}"}]},
        {"modulars": [{"path": f"models/../../{PATH}"}]},
        {"output_dir": "../out"},
        {"output_dir": "/out"},
        {"output_dir": "out/../.."},
    ],
)
def test_a_request_stays_in_the_working_directory(
    changes: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", "--request", write_request(**changes)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("request.json:")
    assert "must be a path below the working directory, without `..`, found" in error


def test_request_that_is_not_json(capsys: pytest.CaptureFixture[str]) -> None:
    Path("request.json").write_text('{\n "schema": 1,,\n}')
    assert main(["convert", "--request", "request.json"]) == 2
    assert capsys.readouterr().err.startswith("request.json:2:14: error[bad-request]")


def test_outline_agrees_with_convert(capsys: pytest.CaptureFixture[str]) -> None:
    Path("models/bad").mkdir()
    Path("models/bad/modular_bad.py").write_text("x = (\n")
    modulars = [{"path": PATH}, {"path": "models/bad/modular_bad.py"}]
    assert main(["outline", "--request", write_request(modulars=modulars)]) == 0
    answer = json.loads(capsys.readouterr().out)
    schema = json.loads((SCHEMAS / "outline.schema.json").read_text())
    jsonschema.validate(answer, schema)
    good, bad = answer["modulars"]
    assert good["parents"] == [{"module": "transformers.models.llama.modeling_llama", "line": 1}]
    assert bad["error"]["code"] == "syntax-error" and bad["error"]["line"] == 1
    convert(PATH)
    written = {name for name in os.listdir("models/tiny") if not name.startswith("modular_")}
    assert {os.path.basename(output["path"]) for output in good["outputs"]} == written


def test_convert_needs_paths_or_a_request() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["convert"])
    assert caught.value.code == 2


def test_a_number_of_thousands_of_digits_is_located(capsys: pytest.CaptureFixture[str]) -> None:
    Path("request.json").write_text('{\n "schema": ' + "1" * 5000 + "\n}")
    assert main(["convert", "--request", "request.json"]) == 2
    assert capsys.readouterr().err.startswith("request.json:2:12: error[bad-request]")


def test_a_named_pipe_is_refused_and_stops_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("models/modular_pipe.py")
    assert convert("models") == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("models/modular_pipe.py: error[unreadable-source]: ")
    assert "found a named pipe" in shown.err
    assert f"changed {MODELING}" in shown.out


def test_an_unreadable_directory_is_named_and_stops_no_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkdir("models/secret")
    scandir = os.scandir

    # Permissions do not stop root, whom tests often run as.
    def refuse(path: str) -> Any:
        if str(path).endswith("secret"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    for arguments in (["convert"], ["graph"]):
        assert main([*arguments, "--search-path=.", "models"]) == 2
        shown = capsys.readouterr()
        assert shown.err.startswith("models/secret: error[unreadable-source]: the directory cannot")
        assert "hint: make the directory readable" in shown.err
    assert os.path.exists(MODELING)


def test_too_few_open_files_are_what_the_machine_lacks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(subprocess, "run", run)
    assert convert(PATH) == 3
    assert "hint: raise the limit of open files" in capsys.readouterr().err


def test_the_profile_of_a_request_may_be_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("own.json").write_text(
        json.dumps({"schema": 1, "base": "5.23", "switches": {"adds_bases": False}})
    )
    assert main(["convert", "--request", write_request(profile="own.json")]) == 0
    assert main(["convert", "--request", write_request(profile="0.1")]) == 2
    assert "error[unknown-profile]: there is no profile 0.1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"base": "0.1"}, "there is no profile '0.1' to base this one on"),
        ({"switches": {"add_bases": True}}, "did you mean `adds_bases`?"),
        ({"switches": {"adds_bases": 1}}, "switch 'adds_bases' must be one of false, true"),
        ({"switches": {"python": "py2"}}, 'must be one of "py39", "py310", "py311"'),
    ],
)
def test_a_wrong_profile_file_is_located(
    content: dict[str, object], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("own.json").write_text(json.dumps({"schema": 1, "base": "5.23", **content}))
    assert convert("--profile=own.json", PATH) == 2
    error = capsys.readouterr().err
    assert error.startswith("own.json:1:1: error[bad-profile]: ")
    assert message in error


def test_an_untested_release_is_a_warning_of_the_run(
    repository: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write("transformers/__init__.py", '__version__ = "5.99.0"\n')
    assert convert(PATH) == 0
    shown = capsys.readouterr().err
    assert shown.startswith("transformers/__init__.py: warning[untested-release]: ")
    assert "`modular_converter conformance --release=5.99.0`" in shown
    assert convert("--profile=5.24", PATH) == 0
    assert "untested-release" not in capsys.readouterr().err
