"""Output that cannot work, or means something else, is never written without a finding."""

from __future__ import annotations

import pytest

from modular_converter.cli.main import main
from modular_converter.conftest import Workspace
from modular_converter.convert.batch import run_batch

PARENT = """
import torch
from torch import nn

from ...generation import GenerationMixin
from .configuration_llama import LlamaConfig


class LlamaNorm(nn.Module):
    def __init__(self, size, eps=1e-6):
        super().__init__()
        self.weight = torch.ones(size)
        self.eps = eps


class LlamaMLP(nn.Module):
    kind = "a"

    @staticmethod
    def fixed(x):
        return x

    def __init__(self, config: LlamaConfig):
        super().__init__()
        self.gate_proj = nn.Linear(config.size, config.size)
        self.up_proj = nn.Linear(config.size, config.size)

    def forward(self, x):
        return self.gate_proj(x)

    def extend(self, x, **kwargs):
        return self.gate_proj(x, **kwargs)


class LlamaBase(nn.Module):
    pass


class LlamaModel(LlamaBase):
    pass


class LlamaForCausalLM(nn.Module, GenerationMixin):
    pass
"""
IMPORT = """
from ..llama.modeling_llama import LlamaBase, LlamaForCausalLM, LlamaMLP, LlamaModel, LlamaNorm


class NewOneConfig:
    size = 1


"""
NORM = "class NewOneNorm(LlamaNorm):\n"
MLP = "class NewOneMLP(LlamaMLP):\n"
INIT = "    def __init__(self, config):\n        super().__init__(config)\n"


def codes(workspace: Workspace, text: str) -> list[str]:
    """The codes of the warnings of the default level."""
    workspace.parent(PARENT)
    pedantic = {"unreached-object", "redundant-override", "stray-import"}
    location = workspace.location(workspace.modular(IMPORT + text))
    result = run_batch([location], workspace.context())
    return [finding.code for finding in result.diagnostics if finding.code not in pedantic]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            f"{NORM}    def __init__(self, size):\n        super().__init__(size)\n",
            "undefined-name",
        ),
        (
            f"{NORM}    def __init__(self, size, eps=1):\n"
            "        super().__init__(size * 2, eps=eps)\n",
            "changed-argument",
        ),
        (
            f"{MLP}    def forward(self, x):\n        return super().forward(x + 1)\n",
            "changed-argument",
        ),
        (f"{MLP}    def __init__(self, cfg):\n        super().__init__(cfg)\n", "undefined-name"),
        (
            f"{MLP}    def __init__(self, *args, **kwargs):\n"
            "        super().__init__(*args, **kwargs)\n",
            "undefined-name",
        ),
        (
            "class NewOneModel(LlamaModel):\n    pass\n\n\n"
            "class NewOneBase(nn.Module):\n    x = 1\n",
            "used-before-definition",
        ),
        (
            "class TextMixin:\n    pass\n\n\n"
            "class NewOneForCausalLM(LlamaForCausalLM, TextMixin):\n    pass\n",
            "lost-base",
        ),
        (
            f"{MLP}    def forward(self, *args):\n        return super().forward(*args)\n\n"
            "    def extend(self, x, **kwargs):\n        del x\n"
            "        return super().extend(x, **kwargs)\n",
            "undefined-name",
        ),
        (f"{MLP}{INIT}        del config.size\n", "deletes-nothing"),
        (f"{MLP}{INIT}        del self.sizes['a'], self.up_proj\n", "deletes-nothing"),
        (f"{MLP}    pass\n\n\nNewOneMLP.kind = 'b'\n", "dropped-statement"),
        (f"{MLP}    pass\n\n\nNewOneMLP.kinds['a'] = 'b'\n", "dropped-statement"),
        (f"{MLP}    pass\n\n\ndef NewOneMLP(x):\n    return x\n", "repeated-class"),
        (
            "def f(x):\n    return x\n\n\ng = f\n\n\ndef f(x):\n    return g(x)\n\n\n"
            f"{MLP}    kind = f(1)\n",
            "repeated-class",
        ),
        (f"nn = None\n\n\n{MLP}    pass\n", "shadowed-import"),
        (f"def torch(x):\n    return x\n\n\n{NORM}    pass\n", "shadowed-import"),
        (
            f"{MLP}    def helper(self):\n        from .modeling_new_one import Nothing\n\n"
            "        return Nothing\n",
            "missing-import",
        ),
        (
            "class Kind:\n    a = 1\n\n\nclass NewOneTextConfig:\n    kind = Kind.a\n\n\n"
            "class NewOneHead(nn.Module):\n    kind = Kind\n    config: NewOneTextConfig\n",
            "missing-import",
        ),
        (
            "class XTools:\n    pass\n\n\nclass NewOneMLP(XTools, LlamaMLP):\n    pass\n",
            "base-order",
        ),
        (
            "class XTools:\n    def forward(self, x):\n        return x\n\n\n"
            "class NewOneBase(XTools, LlamaBase):\n    pass\n",
            "base-order",
        ),
        (
            "class XTools(nn.Module):\n    pass\n\n\n"
            "class NewOneMLP(LlamaMLP, XTools):\n    pass\n",
            "base-order",
        ),
        (
            f"{MLP}    def forward(self, x):\n        return super().forward(x)\n"
            "        self.y = 1\n",
            "unreachable-code",
        ),
        (f"{MLP}{INIT}        del self.gate_prj\n", "deletes-nothing"),
        (f"{MLP}{INIT}        del self.gate_proj\n", "deleted-attribute-used"),
        (f"{MLP}    pass\n\n\n{MLP}    pass\n", "repeated-class"),
        (f'{MLP}    pass\n\n\n__all__ = ["NewOneMLP", "NewOneModl"]\n', "unknown-export"),
        (
            f"{MLP}    def forward(self, x):\n        return super().forward(x, scale=2)\n",
            "changed-argument",
        ),
        (
            f"{MLP}    def forward(self, x, y):\n        return super().forward(x, y)\n",
            "changed-argument",
        ),
        (
            f"{MLP}    def forward(self, x):\n        return super().forward(*(x,))\n",
            "changed-argument",
        ),
        (
            f"{MLP}    def extend(self, x, y, **kwargs):\n"
            "        return super().extend(x, y=y, **kwargs)\n",
            "changed-argument",
        ),
        (
            f"{MLP}    def extend(self, x, **kwargs):\n"
            "        return super().extend(x, **{**kwargs, 'y': 1})\n",
            "changed-argument",
        ),
        (
            f"{MLP}    def forward(self, x):\n        super().forward(x)\n        self.x = x\n",
            "unreachable-code",
        ),
        (f"{MLP}    def extend(self, x):\n        super().forward(x)\n", "lost-super"),
        (f"{MLP}    async def forward(self, x):\n        return x\n", "inherited-kind"),
        (f"{MLP}    def fixed(self, x):\n        return x\n", "inherited-kind"),
        (f"{MLP}    kind: str\n", "lost-value"),
        (f"{MLP}{INIT}        self.up_proj = wrap(self.up_proj)\n", "moved-assignment"),
        (f"{MLP}{INIT}        self.gate_proj = self.up_proj\n", "moved-assignment"),
        (f"{MLP}{INIT}        self.z = 1\n        self.up_proj = self.z\n", "moved-assignment"),
        (f"{MLP}    def helper(self):\n        return nowhere\n", "undefined-name"),
        (f'{MLP}    def helper(self, x: "list[Nowhere]"):\n        return x\n', "undefined-name"),
        (f"{MLP}    kinds = [NewOneMLP]\n", "used-before-definition"),
        (
            f"{MLP}    def helper(self) -> NewOneMLP:\n        return self\n",
            "used-before-definition",
        ),
        (f"LIMIT = 1\nLIMIT = LIMIT + 1\n\n\n{MLP}    limit = LIMIT\n", "used-before-definition"),
        (
            f"{MLP}    def width(x):\n        return x\n\n    size = width(1)\n",
            "used-before-definition",
        ),
        (
            f"{MLP}    def forward(self, x):\n        if x:\n"
            "            return super().forward(x)\n",
            "lost-super",
        ),
        ("class NewOneMLP(LlamaMLP, metaclass=M):\n    pass\n", "dropped-member"),
    ],
)
def test_each_kind_has_a_finding(workspace: Workspace, text: str, code: str) -> None:
    assert code in codes(workspace, text)


@pytest.mark.parametrize("comment", ["# noqa", "# NOQA : F401,F821", "# noqa: E501 F821"])
def test_a_comment_for_linters_hides_no_undefined_name(workspace: Workspace, comment: str) -> None:
    text = f"{MLP}    def helper(self):\n        return nowhere  {comment}\n"
    assert codes(workspace, text) == ["undefined-name"]


def test_a_config_class_by_another_name(workspace: Workspace) -> None:
    workspace.parent("class LlamaTextConfig:\n    size = 1\n", file_type="configuration")
    workspace.parent(
        "from torch import nn\n\nfrom .configuration_llama import LlamaTextConfig\n\n\n"
        "class LlamaMLP(nn.Module):\n    def __init__(self, config: LlamaTextConfig):\n"
        "        self.config = config\n"
    )
    text = (
        "from ..llama.configuration_llama import LlamaTextConfig\n"
        "from ..llama.modeling_llama import LlamaMLP\n\n\n"
        "class NewOneConfig(LlamaTextConfig):\n    pass\n\n\nclass NewOneMLP(LlamaMLP):\n    pass\n"
    )
    (finding,) = (
        finding for finding in workspace.convert(text).warnings if finding.code == "missing-import"
    )
    assert "`NewOneTextConfig` from `.configuration_new_one`" in finding.message
    assert finding.line == 9
    corrected = text.replace("NewOneConfig(", "NewOneTextConfig(")
    assert [
        finding
        for finding in workspace.convert(corrected).warnings
        if finding.code == "missing-import"
    ] == []


@pytest.mark.parametrize(
    "text",
    [
        f"{NORM}    def __init__(self, size, eps=1):\n        super().__init__(size, eps)\n",
        f"{NORM}    def __init__(self, size, eps=1):\n"
        "        super().__init__(self, size, eps=eps)\n",
        f"{MLP}    def forward(self, x):\n        x = x + 1\n        return super().forward(x)\n",
        f"{MLP}    kind: str = 'b'\n",
        f"{MLP}    @staticmethod\n    def fixed(self, x):\n        return x\n",
        f"{MLP}{INIT}        del self.up_proj\n",
        f"{MLP}{INIT}        self.up_proj = self.gate_proj\n",
        f"{MLP}{INIT}        del self.up_proj\n        self.z = 1\n        self.up_proj = self.z\n",
        f"{MLP}    def extend(self, x, **kwargs):\n        return super().extend(x, **kwargs)\n",
        f"{NORM}    def __init__(self, size, eps=1e-6):\n        super().__init__(size)\n",
        f"{MLP}{INIT}        del self.gate_proj\n        self.gate_proj = nn.Identity()\n",
        "class NewOneBase(LlamaBase):\n    x = 1\n\n\nclass NewOneModel(LlamaModel):\n    pass\n",
        "class Tools:\n    pass\n\n\nclass NewOneMLP(LlamaMLP, Tools):\n    pass\n",
        f'{MLP}    def helper(self, x: "NewOneMLP | list[torch.Tensor]"):\n        return x\n',
        f'{MLP}    def helper(self, x: Literal["left"]):\n        return NewOneMLP\n'.replace(
            "class", "from typing import Literal\n\n\nclass", 1
        ),
    ],
)
def test_what_works_has_none(workspace: Workspace, text: str) -> None:
    assert codes(workspace, text) == []


def test_a_model_cannot_inherit_from_itself(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(workspace.root)
    path = workspace.modular(
        "from ..new_one.modeling_new_one import NewOneModel\n\n\n"
        "class NewOneModel2(NewOneModel):\n    pass\n"
    )
    for _ in range(2):
        assert main(["convert", path]) == 2
        assert "error[cycle]: modular files inherit from each other" in capsys.readouterr().err
        workspace.parent("class NewOneModel:\n    pass\n", name="new_one")


LIBRARY = """
class PreTrainedModel:
    def prepare(self): ...
"""
TOWER = """
from ...modeling_utils import PreTrainedModel


class LlamaPreTrainedModel(PreTrainedModel):
    pass


class LlamaModel(LlamaPreTrainedModel):
    def prepare(self, x):
        return x

    def forward(self, x):
        return x
"""


@pytest.mark.parametrize(
    "text",
    [
        f"{MLP}    def helper(self):\n        if self.kind:\n"
        "            from .modeling_new_one import Nothing\n\n            return Nothing\n",
        f"{MLP}    def helper(self):\n        from .modeling_new_one import NewOneMLP\n\n"
        "        return NewOneMLP\n",
        f"{MLP}    def forward(self, x):\n        for layer in self.layers:\n"
        "            y = x if layer else z\n            z = y\n        return y\n",
    ],
)
def test_what_may_work_has_none(workspace: Workspace, text: str) -> None:
    assert codes(workspace, text) == []


@pytest.mark.parametrize("whole", [True, False])
def test_a_super_call_in_a_block_that_reaches_no_base(workspace: Workspace, whole: bool) -> None:
    """Bases are read if their files are there; without them, no model base has a `forward`."""
    if whole:
        workspace.write("transformers/modeling_utils.py", LIBRARY)
    workspace.parent(TOWER)
    text = "from ..llama.modeling_llama import LlamaModel\n\n\nclass NewOneModel(LlamaModel):\n"
    text += "".join(
        f"    def {name}(self, x):\n        y = super().{name}(x)\n        return y\n\n"
        for name in ("forward", "prepare")
    )
    assert [(finding.code, finding.line) for finding in workspace.convert(text).warnings] == [
        ("lost-super", 6),
        ("skipped-super", 10),
    ]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("from ...modeling_utils import PretrainedModel", "does not define `PretrainedModel`"),
        ("from transformers.modeling_utils import Tool as PretrainedModel", "does not define"),
        ("from ...utils.generic import PretrainedModel", "does not exist"),
        ("import transformers.modelling_utils as PretrainedModel", "does not exist"),
        ("import transformers.modeling_utils as PretrainedModel", ""),
        ("from ... import PretrainedModel", ""),
        ("from ...package import PretrainedModel", ""),
    ],
)
def test_imports_that_the_library_does_not_supply(
    workspace: Workspace, statement: str, problem: str
) -> None:
    workspace.write("transformers/modeling_utils.py", LIBRARY)
    workspace.write("transformers/PretrainedModel.py", "")
    workspace.write("transformers/package/__init__.py", "from .inside import *\n")
    workspace.parent(PARENT)
    findings = workspace.convert(
        f"{statement}\n\n\nclass NewOneMLP(PretrainedModel):\n    pass\n"
    ).warnings
    assert [finding.code for finding in findings] == ["missing-import"] * bool(problem)
    assert all(problem in finding.message and finding.line == 1 for finding in findings)


def test_a_class_that_a_package_exports_may_be_inherited_from_in_transformers(
    workspace: Workspace,
) -> None:
    """As transformers 5.5 does in one model."""
    workspace.parent(
        'class LlamaConfig:\n    pass\n\n\n__all__ = ["LlamaConfig"]\n', file_type="configuration"
    )
    text = "from ..llama import LlamaConfig\n\n\nclass NewOneConfig(LlamaConfig):\n    pass\n"
    conversion = workspace.convert(text)
    assert "class NewOneConfig(LlamaConfig):" in conversion.outputs["configuration"].text
    assert [finding.code for finding in conversion.warnings] == ["package-parent"]


def test_an_import_of_the_own_output_is_at_its_place(workspace: Workspace) -> None:
    text = "from .modeling_new_one import NewOneMLP\n\n\nclass NewOneMLP2(NewOneMLP):\n    pass\n"
    (finding,) = workspace.convert(text).warnings
    assert (finding.code, finding.line) == ("missing-import", 1)
    assert "from itself" in finding.message
