"""A seed that changes daily; the variable RULES_TRANSFORMERS_FUZZ_SEED repeats a day."""

from __future__ import annotations

import os
import time

SEED = int(os.environ.get("RULES_TRANSFORMERS_FUZZ_SEED") or time.strftime("%Y%m%d", time.gmtime()))
