#!/usr/bin/env bash
# A decoder's sequence classifier reads its answer at the last token that is not the pad token, and
# does not look at the attention mask: a pad token inside the text, which the mask keeps, is skipped.
#
# Why it matters: where the pad token is the end-of-text token, as is usual for decoders, a text
# that ends with it is classified as the text without it; a reward model scores the token before the
# end. A fixture whose pad and eos tokens differ does not show that its family's checkpoint does so.
# Versions: transformers 5.24.0, torch 2.13.0, numpy 2.4.6.
# Guess before the run: the attention mask decides where the text ends.
# Output seen (compared with the lines after "#> "):
#> pad token 0, text [5, 6, 0], mask all ones: as the text [5, 6]
#> pad token 1, text [5, 6, 0], mask all ones: unlike the text [5, 6]
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0 torch==2.13.0 numpy==2.4.6
HF_HUB_OFFLINE=1 venv/bin/python - >seen <<'END'
import torch
from transformers import LlamaConfig, LlamaForSequenceClassification

for pad in (0, 1):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=32,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_labels=3,
        pad_token_id=pad,
    )
    model = LlamaForSequenceClassification(config).eval()
    with torch.no_grad():
        whole = model(torch.tensor([[5, 6, 0]]), attention_mask=torch.ones(1, 3)).logits
        cut = model(torch.tensor([[5, 6]]), attention_mask=torch.ones(1, 2)).logits
    verdict = "as" if torch.allclose(whole, cut, atol=1e-6) else "unlike"
    print(f"pad token {pad}, text [5, 6, 0], mask all ones: {verdict} the text [5, 6]")
END
diff <(sed -n 's/^#> //p' "$script") seen
