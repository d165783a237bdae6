"""Definitions that inherited code cannot call are reported, and only those."""

from __future__ import annotations

import pytest

from modular_converter.conftest import Workspace
from modular_converter.convert.batch import run_batch

PARENT = """
from torch import nn


def rotate(x, cos, sin):
    return x


class LlamaNorm(nn.Module):
    def __init__(self, size, eps=1e-6):
        self.size = size


class LlamaAttention(nn.Module):
    def __init__(self, config, layer_idx):
        self.layer_idx = layer_idx

    @renamed_parameter("past", new_name="cache")
    def forward(self, x, mask: Tensor | None = None, cache: Cache | None = None, **kwargs):
        return rotate(x, 1, 2)


class LlamaLayer(nn.Module):
    def __init__(self, config, layer_idx):
        self.attention = LlamaAttention(config, layer_idx=layer_idx)
        self.norms = nn.ModuleList([LlamaNorm(1, 2), LlamaNorm(2, eps=3)])

    def forward(self, x, mask=None, cache=None):
        for norm in self.norms:
            x = norm(x)
        return self.finish(self.attention(x, mask, cache=cache), 1)

    def finish(self, x, scale):
        return self.attention.describe(x=x)


class LlamaModel(nn.Module):
    def __init__(self, config):
        self.layer = LlamaLayer(config, 0)
"""
HEAD = """
from ..llama.modeling_llama import LlamaAttention, LlamaLayer, LlamaModel, LlamaNorm


"""
MODEL = "\n\nclass NewOneModel(LlamaModel):\n    pass\n"
ATTENTION = "class NewOneAttention(LlamaAttention):\n"
LAYER = "class NewOneLayer(LlamaLayer):\n"
NORM = "class NewOneNorm(LlamaNorm):\n"
ALONE = "class NewOneNorm(nn.Module):\n"


def misfits(workspace: Workspace, text: str) -> list[str]:
    workspace.parent(PARENT)
    location = workspace.location(workspace.modular(HEAD + text + MODEL))
    found = run_batch([location], workspace.context()).diagnostics
    return [finding.message for finding in found if finding.code == "misfit-call"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            f"{ATTENTION}    def __init__(self, config):\n        self.layer_idx = 0\n",
            "`NewOneAttention.__init__` does not fit inherited code: NewOneLayer.__init__ passes "
            "`layer_idx`, for which it has no parameter",
        ),
        (
            f"{NORM}    def __init__(self, size):\n        self.size = size\n",
            "`NewOneNorm.__init__` does not fit inherited code: NewOneLayer.__init__ passes 2 "
            "arguments by position, of which it takes 1",
        ),
        (
            f"{NORM}    def __init__(self, size, eps, bias):\n        self.size = size\n",
            "NewOneLayer.__init__ does not pass `bias`, which it requires",
        ),
        (
            f"{ATTENTION}    def forward(self, x, cache=None):\n        return x\n",
            "NewOneLayer.forward passes `cache` by position and by name",
        ),
        (
            f"{ATTENTION}    def forward(self, x, mask=None):\n        return x\n",
            "NewOneLayer.forward passes `cache`, for which it has no parameter",
        ),
        (
            f"{ATTENTION}    def forward(self, x, mask: Tensor | None = None, "
            "past: Cache | None = None, **kwargs):\n        return x\n",
            "NewOneLayer.forward passes `cache`, which it calls `past`",
        ),
        (
            f"{ATTENTION}    def forward(self, x, mask=None, past=None, **kwargs):\n"
            "        return x\n",
            "`forward` of NewOneAttention takes `past`, which the inherited decorator "
            "`renamed_parameter('past', new_name='cache')` turns into `cache`",
        ),
        (
            f"{ATTENTION}    def forward(self, x, cache=None, mask=None, **kwargs):\n"
            "        return x\n",
            "NewOneLayer.forward passes `mask` where it takes `cache`",
        ),
        (
            f"{LAYER}    def finish(self, x):\n        return x\n",
            "`NewOneLayer.finish` does not fit inherited code: NewOneLayer.forward passes 2",
        ),
        (
            "def rotate(x, angle):\n    return x\n\n\n"
            f"{ATTENTION}    def __init__(self, config, layer_idx):\n        self.layer_idx = 1\n",
            "`rotate` does not fit inherited code: NewOneAttention.forward passes 3 arguments",
        ),
        (
            f"{ALONE}    def __init__(self, size):\n        self.size = size\n",
            "`NewOneNorm.__init__` does not fit inherited code: NewOneLayer.__init__ passes 2",
        ),
    ],
)
def test_what_inherited_code_cannot_call_is_reported(
    workspace: Workspace, text: str, problem: str
) -> None:
    assert any(problem in message for message in misfits(workspace, text))


@pytest.mark.parametrize(
    "text",
    [
        f"{ATTENTION}    def __init__(self, config, layer_idx, scale=1):\n        self.x = 1\n",
        f"{ATTENTION}    def __init__(self, *args, **kwargs):\n        self.x = 1\n",
        # What goes to **kwargs was left out on purpose: an encoder has no cache.
        f"{ATTENTION}    def forward(self, x, mask=None, **kwargs):\n        return x\n",
        f"{ATTENTION}    def forward(self, x, **super_kwargs):\n        return x\n",
        # The override calls it in its own way.
        f"{NORM}    def __init__(self, size):\n        self.size = size\n\n\n"
        f"{LAYER}    def __init__(self, config, layer_idx):\n"
        "        self.norms = [NewOneNorm(1)]\n",
        # The decorator takes what it names.
        f"{ATTENTION}    @renamed_parameter('cache', new_name='past')\n"
        "    def forward(self, x, mask=None, past=None):\n        return x\n",
        # Only written, and never called by inherited code.
        f"{ATTENTION}    def describe(self):\n        return 1\n",
    ],
)
def test_what_fits_is_not_reported(workspace: Workspace, text: str) -> None:
    assert misfits(workspace, text) == []
