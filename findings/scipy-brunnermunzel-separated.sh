#!/usr/bin/env bash
# scipy's Brunner-Munzel test gives p = nan when one sample lies wholly above the other, and for
# samples that overlap by one value a p far below what any permutation of them can reach.
#
# Why it matters: it is the textbook choice for comparing two sets of timings with few runs and
# unequal spread. On the clearest slowdown there is, "p < 0.05" is false; with eight runs that
# barely overlap p is 3e-12, while only 12,870 orders exist.
# Versions: scipy 1.17.1, numpy 2.4.6.
# Guess before the run: separated samples of 3 and 3 give a p near 0.1, as Mann-Whitney does.
# Output seen (compared with the lines after "#> "):
#> 3 and 3 runs, separated: Brunner-Munzel nan, Mann-Whitney 0.1
#> 8 and 8 runs, separated: Brunner-Munzel nan, Mann-Whitney 0.00016
#> 8 and 8 runs, one overlap: Brunner-Munzel 3.1e-12, Mann-Whitney 0.00031
#> "slower" at p < 0.05, separated: False
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet scipy==1.17.1 numpy==2.4.6
venv/bin/python -W ignore - >seen <<'END'
import numpy
from scipy.stats import brunnermunzel, mannwhitneyu

for count, shift, label in [(3, 10, "separated"), (8, 10, "separated"), (8, 6.5, "one overlap")]:
    before = numpy.arange(float(count))
    after = before + shift
    p, other = (test(before, after).pvalue for test in (brunnermunzel, mannwhitneyu))
    print(f"{count} and {count} runs, {label}: Brunner-Munzel {p:.2g}, Mann-Whitney {other:.2g}")
p = brunnermunzel([10.0, 10.1, 10.2], [20.0, 20.1, 20.2]).pvalue
print('"slower" at p < 0.05, separated:', bool(p < 0.05))
END
diff <(sed -n 's/^#> //p' "$script") seen
