#!/usr/bin/env bash
# Special tokens that are added to a tokenizer before it is trained keep their ids, and training
# gives the same ids to other tokens: two tokens, one id.
#
# Why it matters: padding, a special token, then has the id of an ordinary letter, so that masks
# and losses that look for the padding id hit text. The same call after training, or the trainer's
# own special_tokens, is right; nothing warns of the order.
# Versions: tokenizers 0.23.3.
# Guess before the run: training moves the added tokens, or starts after their ids.
# Output seen (compared with the lines after "#> "):
#> added before training: [PAD] = 0, "a" = 0, encode("a [PAD]") = [0, 0], decode([0]) = [PAD]
#> added after training: [PAD] = 6, "a" = 0, encode("a [PAD]") = [0, 6], decode([0]) = a
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet tokenizers==0.23.3
venv/bin/python - >seen <<'END'
from tokenizers import Tokenizer, models, pre_tokenizers, trainers


def show(label: str, tokenizer: Tokenizer) -> None:
    pad, a = (tokenizer.token_to_id(token) for token in ("[PAD]", "a"))
    ids = tokenizer.encode("a [PAD]").ids
    decoded = tokenizer.decode([0], skip_special_tokens=False)
    print(f'{label}: [PAD] = {pad}, "a" = {a}, encode("a [PAD]") = {ids}, decode([0]) = {decoded}')


for label in ("added before training", "added after training"):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if label == "added before training":
        tokenizer.add_special_tokens(["[PAD]"])
    trainer = trainers.BpeTrainer(vocab_size=6, show_progress=False)
    tokenizer.train_from_iterator(["abc abd ab a b c d"], trainer)
    tokenizer.add_special_tokens(["[PAD]"])
    show(label, tokenizer)
END
diff <(sed -n 's/^#> //p' "$script") seen
