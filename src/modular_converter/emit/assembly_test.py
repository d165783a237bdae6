"""Which imports a file gets."""

from __future__ import annotations

from modular_converter.conftest import Workspace

PARENT = """
import torch
from torch import nn

from ...utils import requires


@requires(backends=("vision", "torch"))
class LlamaMLP(nn.Module):
    def forward(self, x{}):
        return x
"""
MODULAR = "from ..llama.modeling_llama import LlamaMLP\n\n\nclass NewOneMLP(LlamaMLP):\n    pass\n"


def test_only_quoted_annotations_are_uses_of_a_name(workspace: Workspace) -> None:
    for parameter, is_used in (
        ("", False),
        (': Literal["torch"]', False),
        (': "torch.Tensor"', True),
        (': dict[str, "torch.Tensor | None"]', True),
    ):
        workspace.parent(PARENT.format(parameter))
        imports = workspace.convert(MODULAR).outputs["modeling"].text
        assert ("import torch\n" in imports) is is_used, parameter
