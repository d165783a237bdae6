#!/usr/bin/env bash
# LlavaOnevisionForConditionalGeneration.pack_image_features, a public method, cannot be called: it
# hands an argument on that the model below it has no parameter for.
#
# The class is generated. It takes the method from one parent, and the model below it overrides the
# method of the same name with fewer parameters. No test of the library calls the method.
#
# Why it matters: a converter that copies methods must compare the calls in what it copies with what is
# overridden; byte-identity with the library's own output does not show that the output works.
# Versions: transformers 5.24.0 (5.22.0 and 5.23.0 have the same lines), torch 2.13.0, numpy 2.4.6.
# Guess before the run: among all generated files of a release, no inherited call fails to fit.
# Output seen (compared with the lines after "#> "):
#> model: 5 features
#> head, the same arguments: TypeError, an unexpected keyword argument 'vision_feature_select_strategy'
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0 torch==2.13.0 numpy==2.4.6
HF_HUB_OFFLINE=1 venv/bin/python - >seen 2>/dev/null <<'END'
import torch
from transformers import (
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
    Qwen2Config,
    SiglipVisionConfig,
)

sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
vision = SiglipVisionConfig(image_size=28, patch_size=14, **sizes)
text = Qwen2Config(num_key_value_heads=2, vocab_size=32, **sizes)
config = LlavaOnevisionConfig(vision_config=vision.to_dict(), text_config=text.to_dict())
head = LlavaOnevisionForConditionalGeneration(config)
features, image_sizes = [torch.zeros(1, 4, 16)], torch.tensor([[28, 28]])
newline = head.model.image_newline

_, lengths = head.model.pack_image_features(features, image_sizes, image_newline=newline)
print("model:", lengths.item(), "features")
try:
    head.pack_image_features(features, image_sizes, "full", image_newline=newline)
    print("head: the same")
except TypeError as error:
    print("head, the same arguments: TypeError,", str(error).partition(" got ")[2])
END
diff <(sed -n 's/^#> //p' "$script") seen
