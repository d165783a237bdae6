"""A draft that changes step by step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from parent_finder.modularize.draft import Choice, Draft, PieceKey
from parent_finder.modularize.original import Piece
from parent_finder.modularize.workbench import Verdict, Workbench


@dataclass(eq=False)
class Progress:
    """A draft and its verdict; a step stays when it makes things no worse, and shorter."""

    bench: Workbench
    draft: Draft
    verdict: Verdict

    @staticmethod
    def begin(bench: Workbench, draft: Draft) -> Progress:
        """The progress that a draft is so far."""
        return Progress(bench, draft, bench.judge(draft.text))

    def attempt(self, changes: Mapping[PieceKey, Choice], *, longer: bool = False) -> bool:
        """Takes changes over if they fix something, or shorten and break nothing."""
        draft = self.draft.choosing(changes)
        if not longer and draft.lines >= self.draft.lines:
            return False
        return self.accept(draft, self.verdict.differences - (1 if longer else 0))

    def accept(self, draft: Draft, allowed: int) -> bool:
        """Takes a draft over if it can be converted, with so many differences at most."""
        verdict = self.bench.judge(draft.text)
        if verdict.problem is not None or verdict.differences > allowed:
            return False
        self.draft, self.verdict = draft, verdict
        return True

    def all_or_halves(
        self, pieces: Sequence[Piece], change: Callable[[Piece], Mapping[PieceKey, Choice]]
    ) -> None:
        """Makes a change to as many of the pieces as possible."""
        if not pieces:
            return
        changes: dict[PieceKey, Choice] = {}
        for piece in pieces:
            changes |= change(piece)
        if self.attempt(changes) or len(pieces) == 1:
            return
        middle = math.ceil(len(pieces) / 2)
        self.all_or_halves(pieces[middle:], change)
        self.all_or_halves(pieces[:middle], change)
