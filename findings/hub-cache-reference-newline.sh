#!/usr/bin/env bash
# A line feed at the end of a reference in the cache of huggingface_hub (refs/main) makes the whole
# snapshot invisible: lookup says "not cached", downloads fail offline, and only scan_cache_dir
# gives the reason.
#
# Why it matters: a fixture that lays out the cache by hand, so that tests load models by name
# without a network, is made with echo or an editor, which end the file with a line feed. git
# accepts that in its own references, which look the same.
# Versions: huggingface_hub 2.4.0.
# Guess before the run: the commit is stripped when it is read.
# Output seen (compared with the lines after "#> "):
#> without line feed: lookup finds config.json, download finds config.json, listed snapshots 1
#> with line feed: lookup finds nothing, download raises LocalEntryNotFoundError, listed snapshots 0
#> warned of by scan_cache_dir: True
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet huggingface_hub==2.4.0
HF_HOME=$work/home HF_HUB_OFFLINE=1 venv/bin/python - >seen <<'END'
import os, pathlib
import huggingface_hub as hub

commit = "0123456789abcdef0123456789abcdef01234567"
repository = pathlib.Path(os.environ["HF_HOME"], "hub", "models--demo--tiny")
(repository / "snapshots" / commit).mkdir(parents=True)
(repository / "snapshots" / commit / "config.json").write_text("{}")
(repository / "refs").mkdir()
for label, end in (("without line feed", ""), ("with line feed", "\n")):
    (repository / "refs" / "main").write_text(commit + end)
    path = hub.try_to_load_from_cache("demo/tiny", "config.json")
    lookup = os.path.basename(path) if isinstance(path, str) else "nothing"
    try:
        download = "finds " + os.path.basename(hub.hf_hub_download("demo/tiny", "config.json"))
    except Exception as error:
        download = "raises " + type(error).__name__
    cache = hub.scan_cache_dir()
    listed = sum(len(repo.revisions) for repo in cache.repos)
    print(f"{label}: lookup finds {lookup}, download {download}, listed snapshots {listed}")
print("warned of by scan_cache_dir:", any("missing commit" in str(w) for w in cache.warnings))
END
diff <(sed -n 's/^#> //p' "$script") seen
