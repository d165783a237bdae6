"""Every error that a person can cause: located, with an excerpt and a hint, and exit code 2."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from modular_converter.cli.main import main
from modular_converter.conftest import Workspace

PARENT = """
    from torch import nn

    from ...utils import helper
    from .configuration_llama import LlamaConfig

    limits: dict = {}


    def tool(x):
        return x


    class LlamaMLP(nn.Module):
        size = 1

        def forward(self, x):
            return tool(x)


    class LlamaModel(nn.Module):
        pass
    """
MODULAR = "transformers/models/new_one/modular_new_one.py"
IMPORT = "from ..llama.modeling_llama import LlamaMLP\n\n\n"


@pytest.fixture(autouse=True)
def library(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace.parent(PARENT)
    monkeypatch.chdir(workspace.root)
    return workspace


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a conversion that must fail prints on stderr."""
    assert main(["convert", "--search-path", ".", *(arguments or (MODULAR,))]) == 2
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert "changed " not in shown.out
    return shown.err


CASES = {
    # Imports.
    "config-from-modeling": (
        "[from ..llama.modeling_llama import LlamaConfig\n", "configuration classes"),
    "global-import": ("[from transformers import LlamaModel\n\n\nclass A:\n    pass\n", "module"),
    "parent-not-found": ("[from ..lama.modeling_lama import LamaMLP\n", "..lama.modeling_lama"),
    "star-import": ("[from ..llama.modeling_llama import *\n", "name what is used"),
    "star-import kept": (
        "[from ...utils import *\n\n\nclass A:\n    pass\n", "name what is used"),
    "nested-parent": (
        "[from ..deprecated.llama.modeling_llama import LlamaMLP\n\n\nclass A(LlamaMLP):\n"
        "    pass\n", "nested"),
    "nested-parent absolute": (
        "[from transformers.models.deprecated.llama.modeling_llama import LlamaMLP\n", "nested"),
    "import-beyond-root": ("[from .....llama.modeling_llama import LlamaMLP\n", "fewer dots"),
    "aliased-parent": (
        "from ..llama.modeling_llama import LlamaMLP as M\n\n\nclass NewOneMLP([M):\n    pass\n",
        "without `as`"),
    "aliased-parent used otherwise": (
        "from ..llama.modeling_llama import LlamaMLP, [tool as t\n\n\n"
        "class NewOneMLP(LlamaMLP):\n    made = t(1)\n", "without `as`"),
    "no-such-name": (
        "from ..llama.modeling_llama import LlamaMLP, [tol\n\n\n"
        "class NewOneMLP(LlamaMLP):\n    made = tol(1)\n", "did you mean `tool`?"),
    "no-such-name annotated": (
        "from ..llama.modeling_llama import LlamaMLP, [limits\n\n\n"
        "class NewOneMLP(LlamaMLP):\n    made = limits\n", "define it in the modular file"),
    "not-an-import": (
        "from ...utils import is_x\n\nif is_x():\n    import x\n\n    [y = 2\n\n\n"
        "class A:\n    z = x\n", "out of the block"),
    # Bases.
    "no-such-class": (
        "from ..llama.modeling_llama import LlamaNo\n\n\n[class NewOneNo(LlamaNo):\n    pass\n",
        "looked for NewOneNo"),
    "several-parents": (
        "from ..llama.modeling_llama import LlamaMLP, LlamaModel\n\n\n"
        "[class A(LlamaMLP, LlamaModel):\n    pass\n", "LlamaMLP, LlamaModel"),
    "base-not-a-name": (
        IMPORT + "class NewOneMLP(LlamaMLP, [make(1)):\n    pass\n", "make(1)"),
    "base-not-a-name around a parent": (
        IMPORT + "class NewOneMLP([wrap(LlamaMLP)):\n    pass\n", "LlamaMLP"),
    "base-not-a-name subscript": (
        IMPORT + "class NewOneMLP([LlamaMLP[int]):\n    pass\n", "LlamaMLP"),
    "package-parent": (
        "from ..llama import LlamaMLP\n\n\nclass NewOneMLP([LlamaMLP):\n    pass\n",
        "modeling_llama"),
    "package-parent absolute": (
        "from transformers.models.llama import LlamaMLP\n\n\nclass NewOneMLP([LlamaMLP):\n"
        "    pass\n", "modeling_llama"),
    "package-parent dotted": (
        "from .. import llama\n\n\nclass NewOneMLP([llama.LlamaMLP):\n    pass\n",
        "modeling_llama"),
    "package-parent dotted absolute": (
        "import transformers.models.llama as m\n\n\nclass NewOneMLP([m.LlamaMLP):\n    pass\n",
        "modeling_llama"),
    "dotted-parent": (
        "from ..llama import modeling_llama\n\n\n"
        "class NewOneMLP([modeling_llama.LlamaMLP):\n    pass\n", "import LlamaMLP"),
    "dotted-parent absolute": (
        "import transformers.models.llama.modeling_llama as m\n\n\n"
        "class NewOneMLP([m.LlamaMLP):\n    pass\n", "import LlamaMLP"),
    # Members.
    "no-such-attribute": (
        IMPORT + "class NewOneMLP(LlamaMLP):\n    [sizes = AttributeError()\n",
        "attributes are: size"),
    "no-such-method": (
        IMPORT + "class NewOneMLP(LlamaMLP):\n    def reset(self):\n        [super().reset()\n",
        "`reset`"),
    "duplicate-method": (
        IMPORT + "class NewOneMLP(LlamaMLP):\n    def a(self):\n        pass\n\n"
        "    [def a(self):\n        pass\n", "`a`"),
    # Text.
    "syntax-error": ("class A[(:\n    pass\n", "syntax error"),
    "syntax-error null byte": ("x = 1\ny = [\0\n", "null"),
    "misplaced-ignore": (
        "class A:\n    [# modular: ignore[unreached-object]\n    x = 1\n", "end of the line"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_error_points_at_its_cause(
    case: str, library: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    text, hint = CASES[case]
    # The first opening bracket without a closing one in the table marks the place.
    before, _, after = text.partition("[")
    end = "" if "class " in after else "\n\nclass Other:\n    pass\n"
    Path(library.modular("")).write_text(before + after + end)
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    shown = refused(capsys)
    if case == "syntax-error":
        column += 1
    code = case.split()[0]
    assert shown.startswith(f"{MODULAR}:{line}:{column}: error[{code}]: "), shown
    excerpt, caret = shown.splitlines()[1:3]
    assert excerpt.startswith(f"  {line} | ")
    assert caret.index("^") - caret.index("|") - 2 == column - 1
    assert re.search(r"^hint: .", shown, re.MULTILINE)
    assert hint in shown


def test_path_without_a_modular_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert "error[no-such-file]" in refused(capsys, "transformers/models/other")
    assert "error[nothing-to-convert]" in refused(capsys, "transformers/models/llama")
    parent = "transformers/models/llama/modeling_llama.py"
    assert "error[not-a-modular-file]" in refused(capsys, parent)


def test_a_cycle_is_located_at_an_import(
    library: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "\n\nfrom ..{0}.modeling_{0} import {1}MLP\n\n\nclass {2}MLP({1}MLP):\n    pass\n"
    library.modular("# licence" + text.format("b", "B", "A"), "a")
    library.modular("# licence" + text.format("a", "A", "B"), "b")
    shown = refused(capsys, "transformers")
    path = "transformers/models/a/modular_a.py"
    assert shown.startswith(f"{path}:3:1: error[cycle]: "), shown
    assert f"{path} -> transformers/models/b/modular_b.py -> {path}" in shown


def test_an_error_in_a_parent_is_located_there(
    library: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    library.modular(IMPORT + "class NewOneMLP(LlamaMLP):\n    pass\n")
    library.parent("class LlamaMLP(:\n    pass\n")
    shown = refused(capsys)
    assert shown.startswith("transformers/models/llama/modeling_llama.py:1:16: error[syntax-error]")
    library.parent(
        "class LlamaMLP:\n    def a(self):\n        pass\n\n    def a(self, x):\n        pass\n"
    )
    shown = refused(capsys)
    assert "llama/modeling_llama.py:5:5: error[duplicate-method]" in shown


def test_a_block_of_a_parent_that_is_not_kept_does_no_harm(library: Workspace) -> None:
    block = "if is_x():\n    import x\n\n    y = 2\n\n\n"
    library.parent(f"{block}class LlamaMLP:\n    size = 1\n")
    library.modular(IMPORT + "class NewOneMLP(LlamaMLP):\n    pass\n")
    assert main(["convert", "--search-path", ".", MODULAR]) == 0


def test_a_kept_block_of_a_parent_is_refused(
    library: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    block = "if is_x():\n    import x\n\n    y = 2\n\n\n"
    library.parent(f"{block}class LlamaMLP:\n    size = x\n")
    library.modular(IMPORT + "class NewOneMLP(LlamaMLP):\n    pass\n")
    assert "llama/modeling_llama.py:4:5: error[not-an-import]" in refused(capsys)


def test_a_broken_name_table_is_located(
    library: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    path = library.write("transformers/models/auto/auto_mappings.py", "CONFIG_MAPPING_NAMES = (\n")
    library.modular("class A:\n    pass\n")
    shown = refused(capsys)
    assert f"{Path(path).name}:1:24: error[syntax-error]" in shown


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"class A:\n    x = '\xe9'\n", "unreadable-source"),
        (b"# coding: nowhere\nclass A:\n    pass\n", "unreadable-source"),
        ("class A:\n    pass\n".encode("utf-16"), "unreadable-source"),
        (b"class A:\n  x = 1\n\ty = 2\n", "syntax-error"),
        (b"class A:\n    x = 1\n   y = 2\n", "syntax-error"),
        (b"x = " + b"(" * 300 + b")" * 300 + b"\n", "syntax-error"),
        (b"class A:\n    x = " + b"-" * 100_000 + b"1\n", "too-deep"),
        (b"class A:\n    x = " + b"1+" * 100_000 + b"1\n", "too-deep"),
        (b"x = " + b"a." * 50_000 + b"a\n", "too-deep"),
    ],
)
def test_text_that_cannot_be_read(
    data: bytes, code: str, library: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(library.modular("")).write_bytes(data)
    shown = refused(capsys)
    assert f"{MODULAR}" in shown and f"error[{code}]" in shown
    assert "hint: " in shown


def test_unusual_text_is_converted_like_the_plain_one(library: Workspace) -> None:
    plain = textwrap.dedent(
        """\
        from ..llama.modeling_llama import LlamaMLP


        class NewOneMLP(LlamaMLP):
            def forward(self, x):
                y = "é"
                return super().forward(x)
        """
    )
    path, output = Path(library.modular("")), Path(MODULAR.replace("modular", "modeling"))
    texts = []
    for data in (
        plain.encode(),
        plain.encode("utf-8-sig"),
        plain.replace("\n", "\r\n").encode(),
        plain.replace("    ", "\t").encode(),
        ("# coding: latin-1\n" + plain).encode("latin-1"),
    ):
        path.write_bytes(data)
        assert main(["convert", "--search-path", ".", MODULAR]) == 0
        texts.append(output.read_text().replace("# coding: latin-1\n", ""))
    assert len(set(texts)) == 1


@pytest.mark.parametrize("data", [b"", b"\n", b"# nothing\n", b"x = 1\n", b'"""Nothing."""\n'])
def test_file_that_gives_nothing_is_reported(
    data: bytes, library: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(library.modular("")).write_bytes(data)
    assert main(["convert", "--search-path", ".", MODULAR]) == 0
    assert f"{MODULAR}:1: warning[nothing-produced]" in capsys.readouterr().err
