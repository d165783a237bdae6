"""What ``explain`` says about small models of three generations."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest

from modular_converter.cli.main import main
from modular_converter.conftest import Workspace
from modular_converter.convert.batch import run_batch
from modular_converter.explain.explainer import Explainer
from modular_converter.explain.explanation import AppliedRename, Explanation, ItemExplanation
from modular_converter.explain.parts import explain_item
from toolkit.atomic_file import write_files

SCHEMA = json.loads(
    (Path(__file__).parents[1] / "schemas" / "explain.schema.json").read_text(encoding="utf-8")
)
MODELS = "transformers/models"
LLAMA = f"{MODELS}/llama/modeling_llama.py"
CHILD = f"{MODELS}/new_one/modeling_new_one.py"
GRANDCHILD = f"{MODELS}/other/modeling_other.py"

PARENT = '''
import math

import torch
from torch import nn

from ...utils import logging


SCALE = 2


class LlamaAttention(nn.Module):
    """Attention of a Llama.

    It scales.
    """

    size = 1

    def __init__(self, config, layer=0):
        super().__init__()
        self.scale = math.sqrt(SCALE)
        self.layer = layer  # of Llama
        self.post_init()

    def forward(self, hidden_states, attention_mask, position_ids, past_key_values, llama_cache):
        return hidden_states * self.scale
'''
MODULAR = """
# A licence.

import torch

from ..llama.modeling_llama import LlamaAttention


class NewOneAttention(LlamaAttention):
    size = 3

    def __init__(self, config, layer=0):
        super().__init__(config, layer)
        self.layer = layer + 1
        self.extra = torch.ones(1)


__all__ = ["NewOneAttention"]
"""
GRANDCHILD_MODULAR = """
from ..new_one.modeling_new_one import NewOneAttention


class OtherTextAttention(NewOneAttention):
    def forward(self, **super_kwargs):
        raise AttributeError("no")

class OtherAttention(NewOneAttention):
    pass
"""


@pytest.fixture
def generated(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A parent, its child and its grandchild, converted."""
    monkeypatch.chdir(workspace.root)
    workspace.parent(PARENT)
    paths = [workspace.modular(MODULAR), workspace.modular(GRANDCHILD_MODULAR, "other")]
    _convert(workspace, paths)
    return workspace


def _convert(workspace: Workspace, paths: list[str]) -> None:
    result = run_batch([workspace.location(path) for path in paths], workspace.context())
    assert not result.failed, result.diagnostics
    write_files({path: text.encode() for path, text in result.texts.items()})


def _line_number(path: str, text: str) -> int:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    found = [number for number, line in enumerate(lines, 1) if line.strip() == text]
    assert len(found) == 1, f"{text!r} is on the lines {found} of {path}"
    return found[0]


def _explain(workspace: Workspace, path: str, text: str) -> Explanation:
    explainer = Explainer(workspace.context(), workspace.location)
    file = explainer.file(os.path.abspath(path))
    assert file is not None
    return explainer.line(file, _line_number(path, text))


def _sources(explained: Explanation) -> list[tuple[str, str]]:
    return [(os.path.basename(source.path), source.text.strip()) for source in explained.sources]


@pytest.mark.parametrize(
    ("line", "kind", "sources"),
    [
        ("# A licence.", "header", [("modular_new_one.py", "# A licence.")]),
        ("import math", "import", [("modeling_llama.py", "import math")]),
        (
            "import torch",
            "import",
            [("modular_new_one.py", "import torch"), ("modeling_llama.py", "import torch")],
        ),
        ("SCALE = 2", "copied", [("modeling_llama.py", "SCALE = 2")]),
        (
            "class NewOneAttention(nn.Module):",
            "adapted",
            [
                ("modular_new_one.py", "class NewOneAttention(LlamaAttention):"),
                ("modeling_llama.py", "class LlamaAttention(nn.Module):"),
            ],
        ),
        (
            '"""Attention of a NewOne.',
            "copied",
            [("modeling_llama.py", '"""Attention of a Llama.')],
        ),
        ("size = 3", "copied", [("modular_new_one.py", "size = 3")]),
        (
            "def __init__(self, config, layer=0):",
            "copied",
            [("modular_new_one.py", "def __init__(self, config, layer=0):")],
        ),
        ("super().__init__()", "copied", [("modeling_llama.py", "super().__init__()")]),
        (
            "self.scale = math.sqrt(SCALE)",
            "copied",
            [("modeling_llama.py", "self.scale = math.sqrt(SCALE)")],
        ),
        (
            "self.layer = layer + 1",
            "copied",
            [("modular_new_one.py", "self.layer = layer + 1")],
        ),
        (
            "self.extra = torch.ones(1)",
            "copied",
            [("modular_new_one.py", "self.extra = torch.ones(1)")],
        ),
        ("self.post_init()", "copied", [("modeling_llama.py", "self.post_init()")]),
        (
            '__all__ = ["NewOneAttention"]',
            "export",
            [("modular_new_one.py", '__all__ = ["NewOneAttention"]')],
        ),
    ],
)
def test_each_line_names_the_right_file(
    generated: Workspace, line: str, kind: str, sources: list[tuple[str, str]]
) -> None:
    explained = _explain(generated, CHILD, line)
    assert (explained.kind, _sources(explained)) == (kind, sources)


def test_a_line_that_the_formatter_joined_or_split_keeps_its_lines(generated: Workspace) -> None:
    generated.parent(
        PARENT.replace("hidden_states, attention_mask", "hidden_states,attention_mask").replace(
            "self.scale = math.sqrt(SCALE)",
            "self.scale = (\n            math.sqrt(SCALE)\n        )",
        )
    )
    longer = "llama_cache, " + ", ".join(f"argument_{number}" for number in range(4))
    generated.parent((generated.root / LLAMA).read_text().replace("llama_cache", longer))
    _convert(generated, [f"{MODELS}/new_one/modular_new_one.py"])
    joined = _explain(generated, CHILD, "self.scale = math.sqrt(SCALE)")
    assert [text for _, text in _sources(joined)] == ["self.scale = (", "math.sqrt(SCALE)"]
    split = _explain(generated, CHILD, "new_one_cache,")
    definition = _line_number(LLAMA, split.sources[0].text.strip())
    assert [source.line for source in split.sources] == [definition]
    assert split.sources[0].words == (("llama_cache", "new_one_cache"),)


def test_generations_are_followed_to_a_file_written_by_hand(generated: Workspace) -> None:
    numbers = [_line_number(path, "self.scale = math.sqrt(SCALE)") for path in (CHILD, LLAMA)]
    text = Path(GRANDCHILD).read_text()
    number = text[: text.rindex("self.scale = math.sqrt(SCALE)")].count("\n") + 1
    explainer = Explainer(generated.context(), generated.location)
    file = explainer.file(os.path.abspath(GRANDCHILD))
    assert file is not None
    explained = explainer.line(file, number)
    (source,) = explained.sources
    assert (source.path, source.line) == (CHILD, numbers[0])
    assert source.renames == (AppliedRename("NewOne", "Other"),)
    assert source.generated_from is not None
    (root,) = source.generated_from.sources
    assert (root.path, root.line) == (LLAMA, numbers[1])
    assert root.renames == (AppliedRename("Llama", "NewOne"),)
    assert root.generated_from is None
    assert source.root() is root
    assert explained.generations == 2


def test_renames_of_strings_and_comments_are_told_apart(generated: Workspace) -> None:
    explained = _explain(generated, GRANDCHILD, '"""Attention of a OtherText.')
    (source,) = explained.sources
    assert source.renames == (
        AppliedRename("NewOne", "Other"),
        AppliedRename("Other", "OtherText", "strings and comments"),
    )
    assert source.words == (("NewOne", "OtherText"),)


def _item(workspace: Workspace, path: str, name: str) -> ItemExplanation:
    explainer = Explainer(workspace.context(), workspace.location)
    file = explainer.file(os.path.abspath(path))
    assert file is not None
    return explain_item(explainer, file, name)


def test_an_item_is_explained_part_by_part(generated: Workspace) -> None:
    explained = _item(generated, CHILD, "NewOneAttention.__init__")
    parts = [
        (
            part.last - part.first + 1,
            os.path.basename(part.source.path) if part.source else "",
            part.last_source.line - part.source.line + 1 if part.source and part.last_source else 0,
        )
        for part in explained.parts
    ]
    assert parts == [
        (1, "modular_new_one.py", 1),
        (2, "modeling_llama.py", 2),
        (2, "modular_new_one.py", 2),
        (1, "modeling_llama.py", 1),
    ]
    assert explained.renames == (AppliedRename("Llama", "NewOne"),)


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["explain", "--search-path", ".", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_text_leads_to_the_line_to_edit(
    generated: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    number = _line_number(CHILD, "return hidden_states * self.scale")
    code, out, err = _run(capsys, f"{CHILD}:{number}")
    at = _line_number(LLAMA, "return hidden_states * self.scale")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{CHILD}:{number} in NewOneAttention.forward",
        "    return hidden_states * self.scale",
        f"from {LLAMA}:{at} in LlamaAttention.forward",
        "    return hidden_states * self.scale",
        "    renames: Llama -> NewOne",
        f"edit {LLAMA}:{at}, or override NewOneAttention.forward in "
        f"{MODELS}/new_one/modular_new_one.py",
    ]


def test_json_follows_its_schema(generated: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    count = len(Path(GRANDCHILD).read_text().splitlines())
    for target in [*range(1, count + 1), "OtherAttention", "OtherAttention.forward"]:
        code, out, _ = _run(capsys, "--json", f"{GRANDCHILD}:{target}")
        assert code == 0
        jsonschema.validate(json.loads(out), SCHEMA)


def test_a_stale_file_is_explained_where_the_line_is_still_generated(
    generated: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    number = _line_number(CHILD, "size = 3")
    lines = Path(CHILD).read_text().splitlines(keepends=True)
    Path(CHILD).write_text("".join([*lines[: number - 1], "    new = 1\n", *lines[number - 1 :]]))
    code, out, err = _run(capsys, f"{CHILD}:{number + 1}")
    assert code == 0
    assert f"warning: {CHILD} is stale" in err
    assert f"line {number + 1} is line {number} of a fresh conversion" in err
    assert out.startswith(f"{CHILD}:{number} in NewOneAttention\n    size = 3\n")
    code, out, err = _run(capsys, f"{CHILD}:{number}")
    assert (code, out) == (1, "")
    assert f"{CHILD}:{number}: this line is not in what" in err
    assert "hint: " in err


def test_a_stale_parent_is_said_to_be_stale(
    generated: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(CHILD).write_text(Path(CHILD).read_text().replace("size = 3", "size = 4"))
    _convert(generated, [f"{MODELS}/other/modular_other.py"])
    text = Path(GRANDCHILD).read_text()
    number = text[: text.index("size = 4")].count("\n") + 1
    code, out, err = _run(capsys, f"{GRANDCHILD}:{number}")
    assert (code, err) == (0, "")
    assert f"note: the file is stale: {MODELS}/new_one/modular_new_one.py no longer" in out


def test_a_file_by_hand_beside_a_modular_is_an_end(
    generated: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    processing = generated.parent("class NewOneProcessor:\n    size = 1\n", "new_one", "processing")
    code, _, err = _run(capsys, f"{processing}:1")
    assert (code, "no modular file beside it gives it" in err) == (2, True)
    modular = "from ..new_one.processing_new_one import NewOneProcessor\n\n\n"
    _convert(
        generated,
        [
            generated.modular(
                f"{modular}class OtherProcessor(NewOneProcessor):\n    pass\n", "other"
            )
        ],
    )
    code, out, _ = _run(capsys, f"{MODELS}/other/processing_other.py:OtherProcessor")
    assert code == 0
    assert "edit transformers/models/other/modular_other.py:4" in out
    explained = _explain(generated, f"{MODELS}/other/processing_other.py", "size = 1")
    assert [(s.line, s.generated_from, s.note) for s in explained.sources] == [(2, None, "")]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (f"{LLAMA}:3", "no modular file beside it gives it"),
        (f"{MODELS}/other/modular_other.py:3", "modular files are written by hand"),
        (f"{CHILD}:4000", "there is no line 4000"),
        (f"{CHILD}:0", "there is no line 0"),
        (f"{CHILD}:Nothing", "defines no class or function `Nothing`"),
        (f"{CHILD}:LlamaAttention.forward", "it defines NewOneAttention.forward"),
        (CHILD, "does not say which line or class to explain"),
        ("missing/modeling_x.py:1", "there is no such file"),
    ],
)
def test_what_cannot_be_explained_is_exit_code_2(
    generated: Workspace, capsys: pytest.CaptureFixture[str], target: str, message: str
) -> None:
    code, out, err = _run(capsys, target)
    assert (code, out) == (2, "")
    assert message in err
    assert "hint: " in err


def test_what_lies_in_a_library_is_not_to_be_edited(
    generated: Workspace,
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = _line_number(LLAMA, "self.post_init()")
    repository = tmp_path_factory.mktemp("repository")
    modular = repository / "mine" / "modular_mine.py"
    modular.parent.mkdir()
    modular.write_text(
        "from transformers.models.llama.modeling_llama import LlamaAttention\n\n\n"
        "class MineAttention(LlamaAttention):\n    size = 5\n"
    )
    monkeypatch.chdir(repository)
    request = {"schema": 1, "modulars": [], "parents": [os.path.relpath(generated.root)]}
    Path("request.json").write_text(json.dumps(request))
    assert main(["explain", "mine/modeling_mine.py:MineAttention", "--request=request.json"]) == 0
    shown = capsys.readouterr()
    assert "warning: mine/modeling_mine.py is not there yet" in shown.err
    assert shown.out.splitlines()[-1] == "edit mine/modular_mine.py:4"
    name = "mine/modeling_mine.py:MineAttention.__init__"
    assert main(["explain", name, "--request", "request.json"]) == 0
    shown = capsys.readouterr()
    library = str(generated.root / LLAMA)
    assert f"  {library}:{number - 4}-{number} LlamaAttention.__init__" in shown.out
    assert shown.out.splitlines()[-1] == (
        f"override MineAttention.__init__ in mine/modular_mine.py: {library} is part of a library"
    )


def test_an_import_of_the_own_library_became_relative(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.root)
    workspace.write(
        "lib/models/base/modeling_base.py",
        "from lib.common import tool\n\n\nclass BaseModel:\n    made = tool\n",
    )
    modular = workspace.write(
        "lib/models/child/modular_child.py",
        "from lib.models.base.modeling_base import BaseModel\n\n\n"
        "class ChildModel(BaseModel):\n    pass\n",
    )
    assert main(["convert", os.path.relpath(modular)]) == 0
    modeling = "lib/models/child/modeling_child.py"
    number = _line_number(modeling, "from ...common import tool")
    capsys.readouterr()
    assert main(["explain", f"{modeling}:{number}"]) == 0
    assert "imported in lib/models/base/modeling_base.py:1" in capsys.readouterr().out


def test_a_request_says_where_parents_are(
    generated: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    request = {"schema": 1, "modulars": [], "source_roots": ["."]}
    Path("request.json").write_text(json.dumps(request))
    number = _line_number(CHILD, "size = 3")
    assert main(["explain", f"{CHILD}:{number}", "--request", "request.json"]) == 0
    assert f"from {MODELS}/new_one/modular_new_one.py:9" in capsys.readouterr().out


def test_a_joined_docstring_of_a_method_has_lines_of_both_files(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to transformers 4.53, docstrings of overrides are joined with the parent's."""
    monkeypatch.chdir(workspace.root)
    workspace.parent(
        "class LlamaMLP:\n    def forward(self, x):\n"
        '        r"""\n        Llama\'s layer.\n\n        It scales.\n        """\n'
        "        return x\n"
    )
    modular = workspace.modular(
        "from ..llama.modeling_llama import LlamaMLP\n\n\nclass NewOneMLP(LlamaMLP):\n"
        "    def forward(self, x):\n"
        '        r"""\n        It also shifts.\n        """\n        return x + 1\n'
    )
    context = workspace.context("4.52")
    result = run_batch([workspace.location(modular)], context)
    write_files({path: text.encode() for path, text in result.texts.items()})
    explainer = Explainer(context, workspace.location)
    file = explainer.file(os.path.abspath(CHILD))
    assert file is not None
    for text, name in (
        ("NewOne's layer.", "modeling_llama.py"),
        ("It scales.", "modeling_llama.py"),
        ("It also shifts.", "modular_new_one.py"),
        ("return x + 1", "modular_new_one.py"),
    ):
        explained = explainer.line(file, _line_number(CHILD, text))
        assert explained.kind == "copied"
        (source,) = explained.sources
        assert (os.path.basename(source.path), source.text.strip()) == (
            name,
            text.replace("NewOne", "Llama"),
        )
