#!/usr/bin/env bash
# Loading a tokenizer and saving it again writes how it was loaded into its tokenizer_config.json:
# "is_local" and "local_files_only".
#
# Why it matters: load and save is not a fixed point, so that a step that only copies a model
# changes a file, and how depends on where the tokenizer came from and on HF_HUB_OFFLINE; two
# machines make different files of the same content.
# Versions: transformers 5.24.0, tokenizers 0.23.3.
# Guess before the run: saved, loaded and saved again, the files are the same.
# Output seen (compared with the lines after "#> "): what the second save adds
#> offline: {'is_local': True, 'local_files_only': True}
#> not offline: {'is_local': True, 'local_files_only': False}
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0 tokenizers==0.23.3
cat >save.py <<'END'
import json
from tokenizers import Tokenizer, models
from transformers import AutoTokenizer, PreTrainedTokenizerFast

model = models.WordLevel({"<unk>": 0, "the": 1}, unk_token="<unk>")
PreTrainedTokenizerFast(tokenizer_object=Tokenizer(model)).save_pretrained("first")
AutoTokenizer.from_pretrained("first").save_pretrained("second")
first, second = (json.load(open(f"{name}/tokenizer_config.json")) for name in ("first", "second"))
print({key: value for key, value in sorted(second.items()) if first.get(key) != value})
END
export TRANSFORMERS_VERBOSITY=error
echo "offline: $(HF_HUB_OFFLINE=1 venv/bin/python save.py)" >seen
echo "not offline: $(HF_HUB_OFFLINE=0 venv/bin/python save.py)" >>seen
diff <(sed -n 's/^#> //p' "$script") seen
