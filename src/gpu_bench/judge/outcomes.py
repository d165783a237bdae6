"""What a verdict can be: of a metric, or of a whole comparison."""

from __future__ import annotations

FASTER = "faster"
SAME = "same"
SLOWER = "slower"
INCONCLUSIVE = "inconclusive"
OF_METRICS = (FASTER, SAME, SLOWER, INCONCLUSIVE)

WRONG_OUTPUT = "wrong_output"
NO_BASELINE = "no_baseline"
ALL = (*OF_METRICS, WRONG_OUTPUT, NO_BASELINE)
