"""What all plots have in common: a plot with its caption, windows for outliers, thinning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from gpu_bench.report import drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Values = NDArray[np.float64]

# Points of a line; a plot of its width shows no more.
MOST_DRAWN = 240


@dataclass(frozen=True)
class Plot:
    """A drawn plot with its heading and caption."""

    svg: Markup
    title: str
    caption: str


@dataclass(frozen=True)
class Window:
    """The part of values that a plot shows, so that an outlier does not flatten the others."""

    low: float
    high: float
    above: int


def plot(drawn: Figure, key: str, title: str, caption: str) -> Plot:
    """A plot from a figure. ``key`` is unique in the page."""
    # What matplotlib wrote: labels are escaped in it.
    return Plot(Markup(drawing.svg(drawn, f"{title}. {caption}", key)), title, caption)


def window(values: Values) -> Window:
    """All values, unless a few lie far above the others: then the others, and how many are above.

    Far is more than eight times the distance of the quartiles above the upper one.
    """
    first, third = np.percentile(values, [25, 75])
    fence = third + 8 * (third - first)
    inside = values[values <= fence]
    few = len(values) - len(inside) <= 0.05 * len(values)
    if third == first or not few:
        inside = values
    low, high = float(inside.min()), float(inside.max())
    margin = 0.06 * (high - low) or 0.05 * high or 1.0
    # Times are above zero, and so is what is drawn of them.
    return Window(max(low - margin, 0.0), high + margin, len(values) - len(inside))


def thinned(times: Values, values: Values, most: int = MOST_DRAWN) -> tuple[Values, Values]:
    """The lowest and the highest of each of equally many neighbours; all if there are few."""
    if len(times) <= most:
        return times, values
    kept: list[int] = []
    for part in np.array_split(np.arange(len(times)), most // 2):
        known = part[~np.isnan(values[part])]
        if len(known):
            ends = {int(known[values[known].argmin()]), int(known[values[known].argmax()])}
            kept += sorted(ends)
    return times[kept], values[kept]


def cumulative(values: Values, most: int = 200) -> tuple[Values, Values]:
    """Values and the share that is as large or smaller; only some if there are many."""
    ordered = np.sort(values)
    shares = np.arange(1, len(ordered) + 1) / len(ordered)
    if len(ordered) > most:
        kept = np.unique(np.rint(np.linspace(0, len(ordered) - 1, most)).astype(int))
        ordered, shares = ordered[kept], shares[kept]
    return ordered, shares


def counted(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
