"""Tokens that an assistant or a lookup proposed in a run, and those of them that were kept."""

from __future__ import annotations


class Proposals:
    """Counts by the length of the sequence, which begins at ``length`` tokens.

    In each step the model checks the sequence with what was proposed; it keeps the first of these
    that it would have chosen itself, and chooses one more.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self.proposed = 0
        self.accepted = 0

    def checked(self, length: int) -> None:
        """The model is about to check a sequence of ``length`` tokens."""
        self.proposed += length - self._length

    def chosen(self, length: int) -> int:
        """The sequence has ``length`` tokens now; how many of them are new."""
        new = length - self._length
        self.accepted += new - 1
        self._length = length
        return new
