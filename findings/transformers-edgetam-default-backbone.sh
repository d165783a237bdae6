#!/usr/bin/env bash
# EdgeTAM's default vision config has a ResNet-50 for its backbone: the key for RepViT is misspelt, and
# a config of transformers takes any keyword as an attribute of its own.
#
# Why it matters: a tiny model that is made from the defaults of a config class has another backbone than
# the family, and nothing reports it. A checkpoint whose config names its backbone is not affected.
# Versions: transformers 5.24.0.
# Guess before the run: the architecture is repvit_m1, EdgeTAM's own backbone.
# Output seen (compared with the lines after "#> ")
#> backbone config: TimmWrapperConfig
#> architecture: resnet50
#> attributes that hold repvit_m1: archirecture
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0
venv/bin/python - >seen 2>/dev/null <<'END'
from transformers import EdgeTamVisionConfig

backbone = EdgeTamVisionConfig().backbone_config
print("backbone config:", type(backbone).__name__)
print("architecture:", backbone.architecture)
names = [name for name, value in vars(backbone).items() if value == "repvit_m1"]
print("attributes that hold repvit_m1:", *names)
END
diff <(sed -n 's/^#> //p' "$script") seen
