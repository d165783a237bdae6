"""What this repository's own wheel is made with.

The tools' source goes in as resources: the plugin reads them as files and never imports them, so
they carry no interpreter constraints.
"""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from internal.packaging import rules as packaging_rules
from internal.packaging import wheel
from internal.packaging.target_types import SettledWheelTarget, ToolResourcesTarget


def rules() -> Iterable[Rule | UnionRule]:
    return (*packaging_rules.rules(), *wheel.rules())


def target_types() -> Iterable[type[Target]]:
    return (SettledWheelTarget, ToolResourcesTarget)
