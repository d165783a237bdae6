#!/usr/bin/env bash
# transformers 4.57.6 ships a configuration file of Zamba2 whose banner says that it was generated
# from modular_zamba2.py. That file defines no configuration class: running the converter again does
# not write the file.
#
# Why it matters: "files with the banner" and "files that the modular files generate" are two sets. A
# build that deletes generated files and writes them again loses this one, and a check that every
# file with a banner is up to date can never pass.
# Versions: transformers 4.57.6.
# Guess before the run: every file with the banner is an output of the modular file that it names.
# Output seen (compared with the lines after "#> "):
#> configuration_zamba2.py: generated from src/transformers/models/zamba2/modular_zamba2.py
#> configuration_zamba2.py defines Zamba2Config: True
#> modular_zamba2.py defines Zamba2Config: False
#> other configuration files whose modular file defines no configuration class: none
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet --no-deps --no-compile --target library transformers==4.57.6
venv/bin/python - >seen <<'END'
import ast
import re
from pathlib import Path

models = Path("library/transformers/models")


def classes(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)}


zamba2 = models / "zamba2"
configuration, modular = zamba2 / "configuration_zamba2.py", zamba2 / "modular_zamba2.py"
banner = re.search(r"generated from (\S+\.py)", configuration.read_text())[1]
print(f"{configuration.name}: generated from {banner}")
for path in (configuration, modular):
    print(f"{path.name} defines Zamba2Config: {'Zamba2Config' in classes(path)}")
others = [
    path.name
    for path in sorted(models.glob("*/configuration_*.py"))
    if path != configuration
    and (source := re.search(r"generated from \S*/(modular_\w+\.py)", path.read_text()[:800]))
    and not classes(path) & classes(path.with_name(source[1]))
]
print(f"other configuration files whose modular file defines no configuration class: {others or 'none'}")
END
diff <(sed -n 's/^#> //p' "$script") seen
