"""How much worse each metric may get: ``--max-regression``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gpu_bench.results.metrics import METRICS
from toolkit.errors import InputError

_OPTION = "--max-regression"
_SHARE = re.compile(r"(?P<number>\d+(\.\d+)?|\.\d+)(?P<percent>\s*%)?", re.ASCII)


def tolerances(limits: Iterable[str]) -> dict[str, float]:
    """The tolerance of each metric as a share, from `3%` for all or `METRIC=3%` for one.

    One metric's own limit wins over that for all, whatever the order. Raises InputError.
    """
    for_all: float | None = None
    own: dict[str, float] = {}
    for limit in limits:
        name, equals, share = limit.rpartition("=")
        name = name.strip()
        if not equals:
            for_all = _share(share, limit)
            continue
        known = [metric.name for metric in METRICS]
        if name not in known:
            raise InputError(
                f"there is no metric {name!r}",
                place=f"{_OPTION}={limit}",
                hint=f"name one of {', '.join(known)}",
            )
        own[name] = _share(share, limit)
    defaults = {metric.name: metric.tolerance if for_all is None else for_all for metric in METRICS}
    return defaults | own


def _share(text: str, limit: str) -> float:
    match = _SHARE.fullmatch(text.strip())
    share = -1.0
    if match:
        share = float(match["number"]) / (100 if match["percent"] else 1)
    if not 0 <= share < 1:
        raise InputError(
            f"{text!r} is not a share from 0 to below 100 %",
            place=f"{_OPTION}={limit}",
            hint=f"write it as in {_OPTION}=3% or {_OPTION}=peak_allocated=1%",
        )
    return share
