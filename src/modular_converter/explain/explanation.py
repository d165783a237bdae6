"""What is to be said about a line or a class of a generated file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "copied",  # from a line of the modular or of a parent, renamed and formatted
    "adapted",  # made from such lines, with words that the converter or formatter wrote
    "import",
    "export",  # part of `__all__` or of the module's `__getattr__`
    "header",  # licence and comments above the modular's first statement
    "banner",
    "blank",
    "converter",  # written by the converter alone
]


@dataclass(frozen=True)
class AppliedRename:
    """A rename of a model's name that a class, function or import went through.

    ``scope`` says whether all of its text was renamed or only strings and comments.
    """

    old: str
    new: str
    scope: Literal["everything", "strings and comments"] = "everything"


@dataclass(frozen=True)
class SourceLine:
    """A line that a generated line stems from.

    ``words`` are the words of the line that were renamed, ``names`` what is imported by it;
    ``generated_from`` explains the line in turn when its file is generated itself (of the lines
    that an import stems from: the first one only), and ``note`` says what is wrong with that file.
    """

    path: str
    line: int
    text: str
    item: str
    renames: tuple[AppliedRename, ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    generated_from: Explanation | None = None
    note: str = ""

    def chain(self) -> list[SourceLine]:
        """The line and the main source of each earlier generation, down to that by hand."""
        further = self.generated_from
        return [self, *(further.sources[0].chain() if further and further.sources else ())]

    def root(self) -> SourceLine:
        """The line in a file written by hand that it stems from, as far as that is known."""
        return self.chain()[-1]


@dataclass(frozen=True)
class Explanation:
    """Where one line (from 1) of a generated file comes from; the main source is first."""

    path: str
    line: int
    text: str
    item: str
    kind: Kind
    sources: tuple[SourceLine, ...] = ()
    note: str = ""

    @property
    def generations(self) -> int:
        """How many conversions lie between the line and a file written by hand."""
        return 1 + max(
            (s.generated_from.generations for s in self.sources if s.generated_from), default=0
        )


@dataclass(frozen=True)
class Part:
    """Consecutive lines of a class or function that stem from consecutive lines of one file.

    The same holds in every generation before. ``last_filled`` is the last line that is not blank.
    """

    first: int
    last: int
    last_filled: int
    kind: Kind
    source: SourceLine | None
    last_source: SourceLine | None


@dataclass(frozen=True)
class ItemExplanation:
    """Where a class, function or method comes from: its defining line and all its parts."""

    name: str
    path: str
    first: int
    last: int
    definition: Explanation
    renames: tuple[AppliedRename, ...]
    parts: tuple[Part, ...]
