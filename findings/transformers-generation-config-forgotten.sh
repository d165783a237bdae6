#!/usr/bin/env bash
# A saved generation config that says `_from_model_config: true` is read and then left unused: for a
# Whisper model whose languages and tasks it lists, `generate(language="en")` says that it is
# outdated. With `false` in that field, which people never write themselves, the same file works.
#
# Why it matters: a model that is made in Python, given its generation settings and saved, as every
# builder of tiny models does, has the field set to true. The settings are in the file, load
# without a warning, and do not count.
# Versions: transformers 5.24.0, torch 2.13.0, numpy 2.4.6.
# Guess before the run: fields that were set, saved and loaded count.
# Output seen (compared with the lines after "#> "):
#> _from_model_config True, saved languages {'<|en|>': 10}: ValueError: The generation config is outdated
#> _from_model_config False, saved languages {'<|en|>': 10}: generates
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0 torch==2.13.0 numpy==2.4.6
HF_HUB_OFFLINE=1 venv/bin/python - >seen 2>errors <<'END'
import json
import tempfile

import torch
from transformers import WhisperConfig, WhisperForConditionalGeneration

for from_model_config in (True, False):
    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=100,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_target_positions=64,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=3,
    )
    model = WhisperForConditionalGeneration(config)
    settings = model.generation_config
    settings.is_multilingual = True
    settings.lang_to_id = {"<|en|>": 10}
    settings.task_to_id = {"transcribe": 11}
    settings.no_timestamps_token_id = 12
    settings.suppress_tokens = settings.begin_suppress_tokens = None
    settings._from_model_config = from_model_config
    with tempfile.TemporaryDirectory() as directory:
        model.save_pretrained(directory)
        with open(f"{directory}/generation_config.json") as file:
            saved = json.load(file)
        model = WhisperForConditionalGeneration.from_pretrained(directory)
    try:
        model.generate(
            torch.zeros(1, 80, 3000), language="en", task="transcribe", max_new_tokens=2
        )
        answer = "generates"
    except ValueError as problem:
        answer = f"ValueError: {str(problem).partition(' and is')[0]}"
    print(f"_from_model_config {from_model_config}, saved languages {saved['lang_to_id']}: {answer}")
END
diff <(sed -n 's/^#> //p' "$script") seen
