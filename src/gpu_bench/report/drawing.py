"""Draws with matplotlib what the page takes in: SVG whose colours and font are the page's."""

from __future__ import annotations

import io
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from toolkit.scratch_directory import scratch_directory

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Placeholders; in the page each becomes a custom property, which its light and dark styles set.
_COLOURS = {
    "text": "#000101",
    "grid": "#000102",
    "good": "#000103",
    "bad": "#000104",
    "even": "#000105",
    "unsure": "#000106",
    "surface": "#000107",
    **{f"series-{number}": f"#0001{0x10 + number:02x}" for number in range(6)},
}
_NAMES = {value: name for name, value in _COLOURS.items()}
MARKERS = ("o", "s", "^", "D", "v", "P")
LINES = ("-", "--", "-.", ":")
WIDTH = 4.4
_LEGEND_ROW = 0.19

_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "gpu_bench",
    # Labels come from result files: a dollar sign is not a formula.
    "text.parse_math": False,
    "axes.formatter.useoffset": False,
    "axes.unicode_minus": True,
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "text.color": _COLOURS["text"],
    "axes.edgecolor": _COLOURS["text"],
    "axes.labelcolor": _COLOURS["text"],
    "xtick.color": _COLOURS["text"],
    "ytick.color": _COLOURS["text"],
    "grid.color": _COLOURS["grid"],
    "grid.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "lines.linewidth": 1.3,
    "lines.markersize": 4,
}


def colour(name: str) -> str:
    """What to give matplotlib for one of the page's colours."""
    return _COLOURS[name]


def series(number: int) -> str:
    """The colour of a series; there are six, so its marker must distinguish it too."""
    return _COLOURS[f"series-{number % 6}"]


def marker(number: int) -> str:
    """The marker of a series; with the colour there are 36 pairs."""
    return MARKERS[(number + number // 6) % 6]


@contextmanager
def matplotlib_settings() -> Iterator[None]:
    """Within it drawing depends on no file of the user or the working directory, and leaves none.

    Raises ModuleNotFoundError without matplotlib.
    """
    with scratch_directory("gpu-bench-report-") as cache:
        previous = os.environ.get("MPLCONFIGDIR")
        os.environ["MPLCONFIGDIR"] = str(cache)
        try:
            import matplotlib

            # It logs each font that a system lacks.
            logging.getLogger("matplotlib").setLevel(logging.ERROR)
            with matplotlib.rc_context():
                matplotlib.rcdefaults()
                matplotlib.rcParams.update(_SETTINGS)
                yield
        finally:
            if previous is None:
                del os.environ["MPLCONFIGDIR"]
            else:
                os.environ["MPLCONFIGDIR"] = previous


def figure(
    height: float, *, panels: int = 1, legend_rows: int = 0, left: float = 0.62, bottom: float = 0.5
) -> tuple[Figure, list[Axes]]:
    """A figure of panels above each other that share their x axis; sizes are in inches.

    ``height`` is that of the panels together; room for a legend above them comes on top.
    """
    from matplotlib.figure import Figure

    top = 0.12 + _LEGEND_ROW * legend_rows
    whole = height + top + bottom
    drawn = Figure(figsize=(WIDTH, whole))
    axes = drawn.subplots(panels, 1, sharex=True, squeeze=False)[:, 0]
    drawn.subplots_adjust(
        left=left / WIDTH,
        right=1 - 0.24 / WIDTH,
        bottom=bottom / whole,
        top=1 - top / whole,
        hspace=0.16,
    )
    return drawn, list(axes)


def legend_rows(labels: list[str]) -> int:
    """How many rows ``legend`` takes."""
    return 0 if len(labels) <= 1 else -(-len(labels) // _legend_columns(labels))


def legend(drawn: Figure, axes: Axes) -> None:
    """A legend above all panels, in columns that fit the width."""
    handles, labels = axes.get_legend_handles_labels()
    if len(labels) > 1:
        drawn.legend(
            handles,
            labels,
            loc="upper left",
            bbox_to_anchor=(0.0, 1.0),
            ncols=_legend_columns(labels),
            columnspacing=1.2,
            handletextpad=0.4,
            borderaxespad=0.2,
        )


def whole_numbers(axes: Axes) -> None:
    """Ticks of the horizontal axis at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def logarithmic(axes: Axes) -> None:
    """A logarithmic y axis with plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _legend_columns(labels: list[str]) -> int:
    # An eighth of an inch for two characters, and the handle beside them.
    widest = max(map(len, labels)) * 0.068 + 0.5
    return max(1, int(WIDTH / widest))


def svg(drawn: Figure, label: str, key: str) -> str:
    """The figure as an element for the page. ``key`` is unique in it, ``label`` says what is seen.

    Equal figures give equal text.
    """
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    drawn.savefig(buffer, format="svg", metadata=nothing)
    # The parser drops comments, and the document type with them.
    root = ElementTree.fromstring(buffer.getvalue())
    for parent in root.iter():
        parent.tag = _local(parent.tag)
        # A style sheet would hold for the whole page.
        for child in [child for child in parent if _local(child.tag) in ("style", "metadata")]:
            parent.remove(child)
    references = {
        name for element in root.iter() for name in map(_reference, element.attrib.values())
    }
    for element in root.iter():
        element.attrib = {
            _local(name): _for_page(_local(name), value, key)
            for name, value in element.attrib.items()
            if name != "id" or value in references
        }
        element.text, element.tail = (
            text if text and text.strip() else "\n" for text in (element.text, element.tail)
        )
    root.attrib = {
        "class": "plot",
        "role": "img",
        "aria-label": label,
        "viewBox": root.attrib["viewBox"],
    }
    return ElementTree.tostring(root, encoding="unicode").strip()


def _local(name: str) -> str:
    """A name without its namespace, as HTML wants it."""
    return name.rpartition("}")[2]


def _reference(value: str) -> str:
    """The id that an attribute refers to; empty if it does not refer to any."""
    if value.startswith("url(#"):
        return value[len("url(#") : -1]
    return value[1:] if value.startswith("#") else ""


def _for_page(name: str, value: str, key: str) -> str:
    """The value of an attribute, with the page's colours and font and with ids of its own."""
    if name == "id":
        return f"{key}-{value}"
    if reference := _reference(value):
        return value.replace(reference, f"{key}-{reference}")
    if name == "style":
        declarations = (declaration.split(":", 1) for declaration in value.split(";"))
        return "; ".join(f"{key.strip()}: {_styled(key, text)}" for key, text in declarations)
    if name in ("d", "x", "y", "transform"):
        # Two decimals are a hundredth of a point.
        return re.sub(r"(?<=\d\.\d\d)\d+", "", value)
    return value


def _styled(name: str, value: str) -> str:
    value = value.strip()
    if name.strip() == "font-family":
        return "inherit"
    return f"var(--{_NAMES[value]})" if value in _NAMES else value
