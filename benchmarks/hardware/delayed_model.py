"""A Llama whose forward pass takes a given share longer, as a revision of the code would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

MODULE = "delayed.modeling_delayed"
# Without a delay it waits for the device too, so that two revisions differ in the delay alone.
_SOURCE = '''\
"""A Llama that waits {share} of each forward pass after it."""

import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM


class DelayedForCausalLM(LlamaForCausalLM):
    config_class = LlamaConfig

    def forward(self, *arguments, **options):
        on_cuda = self.device.type == "cuda"
        if on_cuda:
            torch.cuda.synchronize()
        begin = time.perf_counter_ns()
        output = super().forward(*arguments, **options)
        if on_cuda:
            torch.cuda.synchronize()
        end = begin + (time.perf_counter_ns() - begin) * (1 + {share})
        while time.perf_counter_ns() < end:
            pass
        return output
'''


def write(root: Path, share: float) -> Path:
    """Writes the package `delayed` below ``root``, which is made; ``share`` of 0.05 is 5 %."""
    package = root / "delayed"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "modeling_delayed.py").write_text(_SOURCE.format(share=share), encoding="utf-8")
    return root


def of(request: dict[str, Any]) -> dict[str, Any]:
    """The request, for this model."""
    return {**request, "model": {"module": MODULE}}
