"""Tries every combination of settings on a tiny model on this machine's processor.

Prints those that the installed transformers cannot measure, as an entry for
``rules_transformers_contract/release_refusals.py``::

    python -m gpu_bench.testing.combinations

With ``--check``, the exit code is 1 if the table has another entry for this release, or none.
What needs a CUDA device (flash attention, offloaded caches, `kernelize`) is not tried.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from gpu_bench.core.errors import CompileFailed
from gpu_bench.device.torch_device import CpuDevice
from gpu_bench.measure.generator_choice import generator_for
from gpu_bench.measure.problems import problem_of
from gpu_bench.models.loading import load
from gpu_bench.request.fields import Attention, Cache
from gpu_bench.request.reader import parse_request
from rules_transformers_contract.refused_combinations import refusal
from rules_transformers_contract.release_refusals import FAILED, features
from toolkit.errors import InputError

TABLE = "src/rules_transformers_contract/release_refusals.py"
CONFIG = {
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 256,
    "max_position_embeddings": 256,
}

# What may propose tokens, by its name among the features.
_NO_PROPOSALS = {"assistant": None, "prompt_lookup_tokens": None}
PROPOSALS: Mapping[str | None, Mapping[str, Any]] = {
    None: _NO_PROPOSALS,
    "assistant": {
        **_NO_PROPOSALS,
        "assistant": {"model_type": "qwen2"},
        "assistant_config": CONFIG,
        "assistant_tokens": 2,
    },
    "prompt_lookup": {**_NO_PROPOSALS, "prompt_lookup_tokens": 2},
}


def combinations() -> Iterator[Mapping[str, Any]]:
    """Settings that differ in their features, and that no release refuses."""
    seen = set()
    for attention, mode, cache, batching, proposals in itertools.product(
        get_args(Attention),
        (None, "default"),
        (None, *get_args(Cache)),
        (False, True),
        PROPOSALS.values(),
    ):
        settings = {
            "attn_implementation": attention,
            "compile_mode": mode,
            "cache_implementation": cache,
            "continuous_batching": batching,
            **proposals,
        }
        try:
            request = parse_request(_document(settings))
        except InputError:
            continue
        key = json.dumps(features(vars(request)))
        if refusal(vars(request)) is None and key not in seen:
            seen.add(key)
            yield settings


def attempt(settings: Mapping[str, Any]) -> tuple[str, bool]:
    """Why the settings cannot be measured here, and whether that is due to transformers.

    The reason is empty if they can. Compilers for a processor lack what those for a GPU have.
    """
    try:
        device = CpuDevice()
        request = parse_request(_document(settings))
        generator = generator_for(request, load(request, device.torch_name), device)
        generator.measure()
        generator.check_compiled()
        generator.capture()
        generator.finish()
    except Exception as error:  # noqa: BLE001 - what fails, and how, is the answer
        traceback.print_exc()
        problem = problem_of(error)
        return problem.message, problem is error or not isinstance(problem, CompileFailed)
    return "", False


def _document(settings: Mapping[str, Any]) -> str:
    values = {
        "schema": 1,
        "address": "combinations:tiny",
        "model": {"model_type": "qwen2"},
        "config": CONFIG,
        "device": "cpu",
        "dtype": "float32",
        "sequence_length": 16,
        "num_tokens": 4,
        **settings,
    }
    return json.dumps(values)


def main() -> int:
    """Prints the entry of the installed release; what is tried goes to stderr."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the table")
    options = parser.parse_args()
    import torch
    import transformers

    failed = []
    for settings in combinations():
        torch._dynamo.reset()
        reason, is_of_release = attempt(settings)
        named = features(vars(parse_request(_document(settings))))
        print(f"{json.dumps(named)}: {reason or 'measured'}", file=sys.stderr, flush=True)
        if is_of_release:
            failed.append(named)
    release = transformers.__version__
    print(f"    {json.dumps(release)}: {tuple(failed)!r},")
    if options.check and not _is_in_table(release, failed):
        print(f"{TABLE}: error: this is not the entry of {release}", file=sys.stderr)
        return 1
    return 0


def _is_in_table(release: str, failed: Sequence[Mapping[str, Any]]) -> bool:
    known = FAILED.get(release)
    if known is None:
        return False
    return sorted(map(json.dumps, known)) == sorted(map(json.dumps, failed))


if __name__ == "__main__":
    sys.exit(main())
