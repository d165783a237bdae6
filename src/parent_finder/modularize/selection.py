"""Which children of the offered parents a modular file begins with."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from modular_converter.names.renamer import DISTRIBUTION
from parent_finder.modularize.children import Offer
from parent_finder.modularize.draft import DROPPED, Choice, Draft, PieceKey, key_of
from parent_finder.modularize.original import Piece

# What naming one more parent file costs in lines: its import, and a reader's attention.
_PARENT_COST = 2


def chosen_offers(offers: Sequence[Offer], at_most: int) -> list[Offer]:
    """Offers that together save the most lines, greedily; at most one of each parent file.

    ``offers`` are in order of preference: of equal gains the first one counts.
    """
    chosen: list[Offer] = []
    best: dict[str, int] = {}
    while len(chosen) < at_most:
        taken = {offer.parent for offer in chosen}
        gains = [
            (
                sum(max(c.saved - best.get(n, 0), 0) for n, c in offer.children.items()),
                -rank,
                offer,
            )
            for rank, offer in enumerate(offers)
            if offer.parent not in taken
        ]
        gain, _, offer = max(gains, key=lambda option: option[:2], default=(0, 0, None))
        if offer is None or gain <= _PARENT_COST:
            break
        chosen.append(offer)
        for name, child in offer.children.items():
            best[name] = max(best.get(name, 0), child.saved)
    return chosen


def first_draft(draft: Draft, chosen: Sequence[Offer]) -> Draft:
    """The draft in which each class comes from the parent that saves the most lines."""
    best = {key: options[0] for key, options in alternatives(draft, chosen, 1).items()}
    # The converter refuses such imports in a modular; what a parent has of them comes along.
    refused = {key_of(piece): DROPPED for piece in draft.pieces if _is_global_import(piece)}
    return draft.choosing({**best, **refused})


def _is_global_import(piece: Piece) -> bool:
    """Whether a piece is `from transformers import ...`."""
    if piece.kind != "import":
        return False
    node = ast.parse(piece.text).body[0]
    return isinstance(node, ast.ImportFrom) and not node.level and node.module == DISTRIBUTION


def alternatives(
    draft: Draft, offers: Sequence[Offer], least_saved: int = 0
) -> dict[PieceKey, list[Choice]]:
    """For each class that has any, the children that were offered, the shortest first."""
    choices: dict[PieceKey, list[Choice]] = {}
    for piece in draft.pieces:
        options = [
            (-offer.children[piece.name].saved, rank, offer)
            for rank, offer in enumerate(offers)
            if piece.kind == "class" and piece.name in offer.children
            if offer.children[piece.name].saved >= least_saved
            if offer.parent.file_type == piece.file_type
        ]
        for _, _, offer in sorted(options, key=lambda option: option[:2]):
            child = offer.children[piece.name]
            choice = Choice("child", child.text, offer.parent.module, child.base)
            choices.setdefault(key_of(piece), []).append(choice)
    return choices
