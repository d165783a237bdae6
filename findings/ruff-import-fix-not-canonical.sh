#!/usr/bin/env bash
# Two files that differ only in a blank line between their import sections, fixed and formatted by ruff,
# stay different, and ruff is content with both: a blank line below the licence is left or not.
#
# The first import is not used. If the sections are already separated, the fix for unused imports takes the
# import away and leaves the blank line below it; if they are not, the fix for unsorted imports comes
# first, and none is left. Without a comment above the imports, both give the same file.
#
# Why it matters: to compare generated files byte for byte with those of another generator you have to
# hand ruff the same unsorted text, not only equal imports: sorting them beforehand changes the result.
# Versions: ruff 0.14.10.
# Guess before the run: one file comes of both.
# Output seen (compared with the lines after "#> "):
#> separated: 3 lines, checked: clean
#> together: 2 lines, checked: clean
#> without a comment, separated: 1 line, checked: clean
#> without a comment, together: 1 line, checked: clean
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet ruff==0.14.10

ruff() {
    venv/bin/ruff "$@" --quiet --isolated --no-cache m.py
}

# Prints how many lines there are down to the import that stays.
fixed() {
    printf '%b' "$2"'\n\nprint(sqrt)\n' >m.py
    ruff check --select F401,I001 --fix
    ruff format
    lines=$(grep -n "import sqrt" m.py | cut -d: -f1)
    noun=lines
    [ "$lines" != 1 ] || noun=line
    checked=clean
    ruff check --select F401,I001 && ruff format --check || checked=complaints
    echo "$1: $lines $noun, checked: $checked"
}

{
    fixed separated '# Licensed.\nimport os\n\nfrom torch import sqrt\n'
    fixed together '# Licensed.\nimport os\nfrom torch import sqrt\n'
    fixed "without a comment, separated" 'import os\n\nfrom torch import sqrt\n'
    fixed "without a comment, together" 'import os\nfrom torch import sqrt\n'
} >seen
diff <(sed -n 's/^#> //p' "$script") seen
