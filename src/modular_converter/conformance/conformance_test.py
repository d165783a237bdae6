"""A made-up release: what its files lack is grouped, and the switch that gives it is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modular_converter.cli.main import main
from modular_converter.conformance.comparison import Miss
from modular_converter.conformance.kinds import KINDS, kind_of
from modular_converter.conftest import Workspace

PARENT = """
from torch import nn


class LlamaMLP(nn.Module):
    @can_return_tuple
    def forward(self, x):
        return x
"""
MODULAR = """
from ..llama.modeling_llama import LlamaMLP


class AMixin:
    pass


class {name}MLP(LlamaMLP, AMixin):
    @deprecate_kwarg("past", "5.40.0")
    def forward(self, x):
        return x + 1
"""
MODELS = ("one", "two")


@pytest.fixture
def release(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A release 9.9.0, whose files were generated with the profile 5.24."""
    monkeypatch.chdir(workspace.root)
    workspace.write("transformers/__init__.py", '__version__ = "9.9.0"\n')
    workspace.parent(PARENT)
    for name in MODELS:
        workspace.modular(MODULAR.format(name=name.capitalize()), name)
    assert main(["convert", "transformers", "--profile=5.24", "--quiet"]) == 0
    return workspace


def test_a_release_that_fits(release: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance", "--release=."]) == 0
    assert capsys.readouterr().out == "transformers 9.9.0, profile 5.24: 2/2 files identical\n"
    assert main(["conformance", "--release", ".", "--from-scratch", "--format=markdown"]) == 0
    assert "| 9.9.0 | 5.24 | 2/2 |  |" in capsys.readouterr().out


def test_switches_are_found_and_written_down(
    release: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["conformance", "--release=.", "--profile=5.0"]
    assert main([*command, "--format=json"]) == 1
    (report,) = json.loads(capsys.readouterr().out)["releases"]
    assert (report["identical"], report["total"]) == (0, 2)
    (group,) = report["groups"]
    assert group["kind"] == "other bases of a class"
    assert len(group["files"]) == 2
    # Both are needed: neither alone makes a file identical.
    assert report["found"] == {
        "identical": 2,
        "switches": {"adds_bases": True, "deprecations_keep_decorators": True},
    }
    assert main([*command, "--no-search"]) == 1
    assert "with other switches" not in capsys.readouterr().out

    assert main([*command, "--write-profile=own.json"]) == 1
    shown = capsys.readouterr().out
    assert "with other switches: 2/2 files identical" in shown and "wrote own.json" in shown
    assert main(["conformance", "--release=.", "--profile=own.json"]) == 0
    Path("transformers/models/one/modeling_one.py").unlink()
    assert main(["convert", "transformers", "--profile=own.json", "--check"]) == 1
    assert capsys.readouterr().out.endswith("modeling_one.py is missing\n")


def test_a_release_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["conformance", f"--release={tmp_path}"]) == 2
    assert "does not hold the package transformers" in capsys.readouterr().err
    assert main(["conformance", "--release=no/where"]) == 2
    assert "neither a directory nor a version" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wanted", "converted", "kind"),
    [
        ("class A:\n    x = 1\n", None, "is not generated"),
        (None, "class A:\n    x = 1\n", "is generated, but not shipped"),
        ("class A: pass\n", "class A(\n", "is not valid Python"),
        ("class A: pass\n", "class A: pass\nclass B: pass\n", KINDS[4]),
        ("class A(B): pass\n", "class A(C): pass\n", "other bases of a class"),
        ("class A:\n    @b\n    def f(self): ...\n", "class A:\n    def f(self): ...\n", KINDS[6]),
        ("class A:\n    x = 1\n", "class A:\n    y = 1\n", "other members of a class"),
        ("def f(x): ...\n", "def f(y): ...\n", "other parameters or annotations"),
        ("def f():\n    a()\n", "def f():\n    b()\n", "other statements in a function"),
        ("def f():\n    a()\n    b()\n", "def f():\n    b()\n    a()\n", KINDS[10]),
        ("x = 1\n", "x = 2\n", "other values"),
        ("x = 1\ny = 1\n", "y = 1\nx = 1\n", "other order of definitions"),
        ("import a\nx = 1\n", "import b\nx = 1\n", "other imports"),
        ("x = 1  # a\n", "x = 1\n", "other comments, strings or layout"),
    ],
)
def test_differences_are_of_a_kind(wanted: str | None, converted: str | None, kind: str) -> None:
    assert kind_of(Miss("m/x/modeling_x.py", wanted, converted)) == kind
