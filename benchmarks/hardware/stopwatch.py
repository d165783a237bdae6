"""Times transformers' own `generate` with a clock around it, and nothing of gpu_bench.

python -m benchmarks.hardware.stopwatch REQUEST.json [--runs N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

WARMUP_RUNS = 5


def tokens_per_second(request: dict[str, Any], runs: int) -> float:
    """Median over ``runs`` calls, each timed from an idle device to an idle device."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    device, rows = request.get("device", "cuda"), request.get("batch_size", 1)
    config = AutoConfig.for_model(request["model"]["model_type"], **request["config"])
    torch.manual_seed(0)
    # The keyword for it has another name in each version of transformers.
    torch.set_default_dtype(getattr(torch, request.get("dtype", "bfloat16")))
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(
            config, attn_implementation=request.get("attn_implementation", "sdpa")
        ).eval()
        prompt = torch.randint(3, config.vocab_size, (rows, request["sequence_length"]))
    length = request["num_tokens"]
    times = []
    for _ in range(WARMUP_RUNS + runs):
        _wait(device)
        begin = time.perf_counter()
        with torch.no_grad():
            tokens = model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                max_new_tokens=length,
                min_new_tokens=length,
                do_sample=False,
                pad_token_id=0,
            )
        _wait(device)
        times.append(time.perf_counter() - begin)
        assert tokens.shape[1] == request["sequence_length"] + length
    return rows * length / statistics.median(times[WARMUP_RUNS:])


def _wait(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


def main() -> None:
    """Prints the tokens per second."""
    parser = argparse.ArgumentParser(description="Times transformers' own generate.")
    parser.add_argument("request", metavar="REQUEST.json")
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    print(tokens_per_second(json.loads(Path(options.request).read_text()), options.runs))


if __name__ == "__main__":
    main()
