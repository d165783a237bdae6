#!/usr/bin/env bash
# Prompt lookup decoding with a static cache: whether `generate` ends or raises depends on how many new
# tokens are asked for, because the proposals may reach beyond the end of the cache.
#
# Release 5.23.0 refuses the two together; 5.24.0 takes them, and makes the cache as long as the prompt
# and the new tokens, without the proposals of the last step. With a dynamic cache all lengths work.
#
# Why it matters: a benchmark or test that tries the combination with one length learns nothing about the
# next; what can be measured is better decided by a rule than by a trial.
# Versions: transformers 5.24.0, torch 2.13.0, numpy 2.4.6.
# Guess before the run: it is refused, or works for every number of tokens.
# Output seen (compared with the lines after "#> "):
#> dynamic cache, 4 to 13 new tokens: as without proposals for all
#> static cache: as without proposals for 9 10 13
#> static cache: IndexError for 4 5 6 7 8 11 12
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0 torch==2.13.0 numpy==2.4.6
HF_HUB_OFFLINE=1 venv/bin/python - >seen 2>/dev/null <<'END'
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

torch.manual_seed(0)
config = Qwen2Config(
    vocab_size=64,
    hidden_size=32,
    intermediate_size=32,
    num_hidden_layers=1,
    num_attention_heads=4,
    num_key_value_heads=2,
    bos_token_id=None,
    eos_token_id=None,
)
model = Qwen2ForCausalLM(config).eval()
prompt = torch.tensor([[5, 6, 7, 8, 5, 6, 7, 8]])
lengths = range(4, 14)


def outcome(length, cache):
    plain = model.generate(prompt, max_new_tokens=length, do_sample=False)
    options = {"prompt_lookup_num_tokens": 3, "cache_implementation": cache}
    try:
        proposed = model.generate(prompt, max_new_tokens=length, do_sample=False, **options)
    except IndexError:
        return "IndexError"
    return "equal" if torch.equal(plain, proposed) else "other"


if all(outcome(length, "dynamic") == "equal" for length in lengths):
    print("dynamic cache, 4 to 13 new tokens: as without proposals for all")
static = {length: outcome(length, "static") for length in lengths}
print("static cache: as without proposals for", *(n for n in lengths if static[n] == "equal"))
print("static cache: IndexError for", *(n for n in lengths if static[n] == "IndexError"))
END
diff <(sed -n 's/^#> //p' "$script") seen
