#!/usr/bin/env bash
# A GGUF file says the size of a head in `attention.key_length`. transformers reads it for some
# architectures; for others it takes a default, or the quotient of width and heads, in silence.
#
# Why it matters: a small qwen3 whose heads have 32 values cannot be read back from its own GGUF file,
# although gguf wrote it as specified: transformers builds a model with heads of 128.
# Versions: transformers 5.24.0, gguf 0.19.0.
# Guess before the run: 32 for every config that has `head_dim`.
# Output seen (compared with the lines after "#> "): head_dim for width 64, 4 heads, key_length 32
#> llama: 16
#> nemotron: 16
#> qwen3: 128
#> qwen3moe: 32
#> gemma2: 32
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0 gguf==0.19.0 torch
HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error venv/bin/python - >seen 2>/dev/null <<'END'
import gguf
import numpy as np
from transformers import AutoConfig

for name in ("llama", "nemotron", "qwen3", "qwen3moe", "gemma2"):
    writer = gguf.GGUFWriter(f"{name}.gguf", name)
    writer.add_block_count(2)
    writer.add_context_length(128)
    writer.add_embedding_length(64)
    writer.add_feed_forward_length(96)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_key_length(32)
    writer.add_value_length(32)
    writer.add_vocab_size(10)
    writer.add_tensor("token_embd.weight", np.zeros((10, 64), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{name}: {AutoConfig.from_pretrained('.', gguf_file=f'{name}.gguf').head_dim}")
END
diff <(sed -n 's/^#> //p' "$script") seen
