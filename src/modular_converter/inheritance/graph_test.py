from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from modular_converter.cli.main import main
from modular_converter.inheritance import svg

SCHEMA = json.loads((Path(__file__).parents[1] / "schemas" / "graph.schema.json").read_text())


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """base (by hand) <- middle (modular, with a configuration by hand) <- leaf (modular)."""
    monkeypatch.chdir(tmp_path)
    write(
        tmp_path,
        {
            "lib/base/modeling_base.py": "class BaseMLP: ...\ndef helper(): ...\n",
            "lib/base/configuration_base.py": "class BaseConfig: ...\n",
            "lib/middle/configuration_middle.py": "class MiddleConfig: ...\n",
            "lib/middle/modular_middle.py": (
                "from ..base.modeling_base import BaseMLP, helper\n\n\n"
                "class MiddleMLP(BaseMLP):\n    pass\n"
            ),
            "lib/leaf/modular_leaf.py": (
                "from ..middle.modeling_middle import MiddleMLP\n"
                "from ..middle.configuration_middle import MiddleConfig\n"
                "from ..base.modeling_base import helper\n\n\n"
                "class LeafConfig(MiddleConfig):\n    pass\n\n\n"
                "class LeafMLP(MiddleMLP):\n    pass\n"
            ),
        },
    )
    return tmp_path


def graph(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    assert main(["graph", *arguments]) == code
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(answer, SCHEMA)
    return answer


def test_models_edges_and_what_is_inherited(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = graph(capsys, "lib")
    assert [(model["name"], model["kind"]) for model in answer["models"]] == [
        ("base", "hand-written"), ("leaf", "generated"), ("middle", "generated"),
    ]  # fmt: skip
    base, leaf, middle = answer["models"]
    assert [(file["path"], file["generated"]) for file in middle["files"]] == [
        ("lib/middle/modeling_middle.py", True),
        ("lib/middle/configuration_middle.py", False),
    ]
    assert [file["path"] for file in base["files"]] == [
        "lib/base/modeling_base.py", "lib/base/configuration_base.py",
    ]  # fmt: skip
    assert base["children"] == [leaf["id"], middle["id"]]
    assert leaf["parents"] == [base["id"], middle["id"]]
    edges = {(edge["child"], edge["parent"]): edge["files"] for edge in answer["edges"]}
    assert edges[leaf["id"], base["id"]] == [
        {
            "path": "lib/base/modeling_base.py",
            "generated": False,
            "line": 3,
            "classes": [],
            "names": ["helper"],
        }
    ]
    assert edges[leaf["id"], middle["id"]] == [
        {
            "path": "lib/middle/modeling_middle.py",
            "generated": True,
            "line": 1,
            "classes": [{"name": "LeafMLP", "base": "MiddleMLP", "line": 10}],
            "names": [],
        },
        {
            "path": "lib/middle/configuration_middle.py",
            "generated": False,
            "line": 2,
            "classes": [{"name": "LeafConfig", "base": "MiddleConfig", "line": 6}],
            "names": [],
        },
    ]
    assert answer["cycles"] == []


def test_ancestors_outside_the_given_paths_are_followed(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(library, {"lib/middle/modeling_middle.py": "class MiddleMLP: ...\n"})
    whole = graph(capsys, "lib")
    assert graph(capsys, "lib/leaf/modular_leaf.py") == whole


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--model=middle"], ["base", "leaf", "middle"]),
        (["--model=middle", "--up=0"], ["leaf", "middle"]),
        (["--model=middle", "--down=0"], ["base", "middle"]),
        (["--model=base", "--down=0", "--model=leaf", "--up=0"], ["base", "leaf"]),
    ],
)
def test_one_model_with_its_relatives(
    library: Path, capsys: pytest.CaptureFixture[str], options: list[str], names: list[str]
) -> None:
    answer = graph(capsys, "lib", *options)
    assert [model["name"] for model in answer["models"]] == names
    kept = {model["id"] for model in answer["models"]}
    assert all({edge["child"], edge["parent"]} <= kept for edge in answer["edges"])


def test_an_unknown_model_gets_a_suggestion(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["graph", "lib", "--model=midle"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "no model is named midle" in shown.err
    assert "did you mean `middle`?" in shown.err


def test_depth_without_a_model_is_refused(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["graph", "lib", "--up=1"])
    assert stopped.value.code == 2


def test_a_cycle_is_shown_and_is_exit_1(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    modular = library / "lib/middle/modular_middle.py"
    modular.write_text("from ..leaf.modeling_leaf import LeafMLP\n" + modular.read_text())
    assert main(["graph", "lib"]) == 1
    shown = capsys.readouterr()
    answer: dict[str, Any] = json.loads(shown.out)
    leaf, middle = "lib/leaf/modular_leaf.py", "lib/middle/modular_middle.py"
    assert answer["cycles"] == [[leaf, middle]]
    assert f"{leaf}:1: error[cycle]" in shown.err
    assert f"{leaf} -> {middle} -> {leaf}" in shown.err
    assert main(["graph", "lib", "--format=dot"]) == 1
    assert capsys.readouterr().out.count('label="cycle"') == 2


def test_mutual_inheritance_through_hand_written_files_is_no_cycle(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        library,
        {
            "lib/leaf/configuration_leaf.py": "class LeafConfig: ...\n",
            "lib/middle/modular_middle.py": (
                "from ..leaf.configuration_leaf import LeafConfig\nclass MiddleMLP: pass\n"
            ),
            "lib/leaf/modular_leaf.py": (
                "from ..middle.modeling_middle import MiddleMLP\nclass LeafMLP(MiddleMLP): pass\n"
            ),
        },
    )
    answer = graph(capsys, "lib")
    assert len(answer["edges"]) == 2
    assert answer["cycles"] == []


def test_wrong_input_is_exit_2_and_the_rest_is_shown(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        library,
        {
            "lib/broken/modular_broken.py": "class Broken(:\n",
            "lib/lost/modular_lost.py": (
                "from ..gone.modeling_gone import GoneMLP\nclass LostMLP(GoneMLP): pass\n"
            ),
        },
    )
    assert main(["graph", "lib"]) == 2
    shown = capsys.readouterr()
    answer: dict[str, Any] = json.loads(shown.out)
    jsonschema.validate(answer, SCHEMA)
    kinds = {model["name"]: model["kind"] for model in answer["models"]}
    assert kinds == {
        "base": "hand-written", "broken": "generated", "gone": "missing", "leaf": "generated",
        "lost": "generated", "middle": "generated",
    }  # fmt: skip
    assert "lib/broken/modular_broken.py:1:14: error[syntax-error]" in shown.err
    assert "lib/lost/modular_lost.py:1:1: error[parent-not-found]" in shown.err


def test_graphviz_text_quotes_hostile_names(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(library, {'lib/a"b\\n/modular_a"]b.py': "class A: pass\n"})
    assert main(["graph", "lib", "--format=svg"]) == 0
    drawing_root = ElementTree.fromstring(capsys.readouterr().out)
    titles = {each.text for each in drawing_root.iter("{http://www.w3.org/2000/svg}text")}
    assert 'a"]b' in titles


def test_a_drawing_shows_every_model_and_edge(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["graph", "lib", "--format=svg", "--model=leaf"]) == 0
    text = capsys.readouterr().out
    svg = "{http://www.w3.org/2000/svg}"
    root = ElementTree.fromstring(text)
    classes = [each.get("class") for each in root.iter(f"{svg}g")]
    assert (classes.count("node"), classes.count("edge")) == (3, 3)
    assert {"base", "leaf", "middle"} <= {each.text for each in root.iter(f"{svg}text")}
    assert main(["graph", "lib", "--format=svg", "--model=leaf"]) == 0
    assert capsys.readouterr().out == text


def test_without_the_renderer_only_drawing_fails(
    library: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", absent)
    assert main(["graph", "lib", "--format=svg"]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert svg.REQUIREMENT in shown.err
    assert main(["graph", "lib", "--format=dot"]) == 0
