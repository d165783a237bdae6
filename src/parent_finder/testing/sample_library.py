"""Small libraries for tests: models written by hand, with modular files that name parents."""

from __future__ import annotations

from pathlib import Path

LLAMA = """
import torch
from torch import nn


class LlamaRMSNorm(nn.Module):
    def __init__(self, hidden_size, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden_size))
        self.variance_epsilon = eps

    def forward(self, hidden_states):
        variance = hidden_states.pow(2).mean(-1, keepdim=True)
        hidden_states = hidden_states * torch.rsqrt(variance + self.variance_epsilon)
        return self.weight * hidden_states


def rotate_half(x):
    x1 = x[..., : x.shape[-1] // 2]
    x2 = x[..., x.shape[-1] // 2 :]
    return torch.cat((-x2, x1), dim=-1)


class LlamaAttention(nn.Module):
    is_causal = True
    window = None

    def __init__(self, config, layer_idx):
        super().__init__()
        self.q_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.k_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.v_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=False)
        self.o_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=False)

    def forward(self, hidden_states, position_embeddings):
        query = self.q_proj(hidden_states)
        key = rotate_half(self.k_proj(hidden_states))
        weights = torch.softmax(query @ key.transpose(-1, -2), dim=-1)
        return self.o_proj(weights @ self.v_proj(hidden_states))

    def prune_heads(self, heads):
        raise NotImplementedError("heads of LlamaAttention cannot be pruned")


class LlamaModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.layers = nn.ModuleList([LlamaAttention(config, i) for i in range(config.layers)])
        self.norm = LlamaRMSNorm(config.hidden_size)

    def forward(self, hidden_states, position_embeddings):
        for layer in self.layers:
            hidden_states = layer(hidden_states, position_embeddings)
        return self.norm(hidden_states)
"""

VISION = """
from torch import nn


class VistaPatches(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.projection = nn.Conv2d(3, config.width, kernel_size=config.patch, stride=config.patch)

    def forward(self, pixel_values):
        return self.projection(pixel_values).flatten(2).transpose(1, 2)


class VistaPooler(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.dense = nn.Linear(config.width, config.width)
        self.activation = nn.Tanh()

    def forward(self, hidden_states):
        return self.activation(self.dense(hidden_states[:, 0]))
"""

OTHER = '''
import numpy


class ZephyrTable:
    """Has nothing in common with the other models."""

    def rows_of(self, names):
        found = {}
        while names:
            name = names.pop()
            found[name] = numpy.argsort(found.setdefault(name, []))[::-1]
        return sorted(found.items(), key=str)
'''


def renamed(text: str, old: str, new: str) -> str:
    """A model's source under another name."""
    return text.replace(old.title(), new.title()).replace(old, new)


def write(root: Path) -> Path:
    """A library of four models under `root`: llama, its child mistral, vista and zephyr."""
    models = {
        "llama": {"modeling": LLAMA},
        "mistral": {
            "modeling": renamed(LLAMA, "llama", "mistral"),
            "modular": "from torch import nn\n"
            "from ..llama.modeling_llama import LlamaAttention, LlamaModel, LlamaRMSNorm\n"
            "class MistralRMSNorm(LlamaRMSNorm): pass\n"
            "class MistralAttention(LlamaAttention): pass\n"
            "class MistralModel(LlamaModel): pass\n",
        },
        "vista": {"modeling": VISION},
        "zephyr": {"modeling": OTHER},
    }
    for model, files in models.items():
        directory = root / "transformers" / "models" / model
        directory.mkdir(parents=True)
        for kind, text in files.items():
            (directory / f"{kind}_{model}.py").write_text(text, encoding="utf-8")
    return root
