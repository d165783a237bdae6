"""What a run of Pants is for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.internals.options_parsing import _Options
from pants.engine.rules import Rule, collect_rules, rule
from pants.engine.unions import UnionRule

# Goals that make nothing of generated sources but verdicts.
_VERDICTS = frozenset({"fix", "fmt", "generate", "lint", "tailor", "test"})


@dataclass(frozen=True)
class RunGoals:
    """The goals on the command line.

    :param names: in their order.
    """

    names: tuple[str, ...]

    @property
    def only_judge(self) -> bool:
        """Whether sources that cannot be generated may be stood in for by ones that fail.

        A package would ship them, and a type checker would not notice.
        """
        return "test" in self.names and _VERDICTS.issuperset(self.names)


# Goals are known to goal rules only; the options have them as they were given.
@rule
def find_run_goals(options: _Options) -> RunGoals:
    return RunGoals(tuple(options.options.goals))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
