#!/usr/bin/env bash
# Reading head_dim from the text config of gemma4 raises an error that is no AttributeError, so that
# hasattr, getattr with a default, and == raise too.
#
# Why it matters: code for all architectures asks configs with getattr(config, name, None). With a
# config whose layers differ it must catch this error or use per_layer_config, and cannot even
# compare two configs or look for one in a list.
# Versions: transformers 5.24.0 (with its default configs; no torch).
# Guess before the run: an attribute is there or hasattr says no; equal configs are equal.
# Output seen (compared with the lines after "#> "):
#> LlamaConfig: hasattr True; getattr 128; == True
#> Gemma4TextConfig: hasattr raises; getattr raises; == raises
#> AmbiguousGlobalPerLayerAttributeError, an AttributeError: False
#> "head_dim" in to_dict(): True
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0
HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error venv/bin/python - >seen <<'END'
from transformers import Gemma4TextConfig, LlamaConfig


def outcome(action):
    try:
        return action()
    except Exception:
        return "raises"


for config_class in (LlamaConfig, Gemma4TextConfig):
    config = config_class()
    print(
        f"{config_class.__name__}: hasattr {outcome(lambda: hasattr(config, 'head_dim'))};",
        f"getattr {outcome(lambda: getattr(config, 'head_dim', None))};",
        f"== {outcome(lambda: config == config_class())}",
    )
try:
    config.head_dim
except Exception as error:
    print(f"{type(error).__name__}, an AttributeError: {isinstance(error, AttributeError)}")
print('"head_dim" in to_dict():', "head_dim" in config.to_dict())
END
diff <(sed -n 's/^#> //p' "$script") seen
