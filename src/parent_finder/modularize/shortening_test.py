from __future__ import annotations

from modular_converter.library.sources import Sources
from parent_finder.modularize.draft import DROPPED, Draft
from parent_finder.modularize.original import original
from parent_finder.modularize.shortening import ways_without_helpers

TEXT = """logger = logging.get_logger(__name__)


def shortened(rows):
    logger.info(rows)
    rows = rows[1:]
    rows = rows[2:]
    rows = rows[3:]
    return rows


def thinned(rows):
    return rows[::2]


class NewtRows(nn.Module):
    def forward(self, rows):
        return thinned(shortened(rows))
"""


def test_helpers_are_left_out_also_without_what_they_use_in_turn() -> None:
    """The rest of the file may need the logger that comes with no parent."""
    draft = Draft((original("newt.py", "modeling", TEXT, Sources()),), {}, "", "")
    helpers = [piece for piece in draft.pieces if piece.kind in ("function", "assignment")]
    ways = ways_without_helpers(draft, draft.pieces[-1], helpers)
    assert [[name for _, name in way] for way in ways] == [
        ["logger", "shortened", "thinned"],
        ["shortened", "thinned"],
        ["shortened"],
    ]
    assert {choice for way in ways for choice in way.values()} == {DROPPED}
