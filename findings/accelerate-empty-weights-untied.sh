#!/usr/bin/env bash
# accelerate's size of a model is that of the model twice over its embedding where it was made under
# `init_empty_weights`: the tied output layer is a parameter of its own there.
#
# Why it matters: "does it fit" and device maps are usually computed on an empty model. For a small
# language model, whose embedding is a large part of it, the answer is wrong by that part. Calling
# `tie_weights()` first gives the right one.
# Versions: accelerate 1.15.0, transformers 5.24.0, torch 2.13.0.
# Guess before the run: the same size, as transformers ties weights when it makes a model.
# Output seen (compared with the lines after "#> "):
#> real model: tied True, 82768 bytes
#> empty model: tied False, 146768 bytes
#> empty model after tie_weights(): tied True, 82768 bytes
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet accelerate==1.15.0 transformers==5.24.0 torch==2.13.0 numpy==2.4.6
HF_HUB_OFFLINE=1 venv/bin/python - >seen <<'END'
from accelerate import init_empty_weights
from accelerate.utils import compute_module_sizes
from transformers import LlamaConfig, LlamaForCausalLM

config = LlamaConfig(
    vocab_size=1000,
    hidden_size=16,
    intermediate_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    tie_word_embeddings=True,
)


def show(name: str, model: LlamaForCausalLM) -> None:
    tied = model.lm_head.weight is model.model.embed_tokens.weight
    print(f"{name}: tied {tied}, {compute_module_sizes(model)['']} bytes")


show("real model", LlamaForCausalLM(config))
with init_empty_weights():
    empty = LlamaForCausalLM(config)
show("empty model", empty)
empty.tie_weights()
show("empty model after tie_weights()", empty)
END
diff <(sed -n 's/^#> //p' "$script") seen
