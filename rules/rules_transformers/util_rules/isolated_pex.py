"""Unions by which these rules ask Pants for a PEX.

When a daemon starts, Pants' engine copies the rules that build a PEX, and all that these need, for
each combination of requests on the way to them. Behind a union there is one copy: without these,
the backends would add four times as much to what solving the rules takes.
"""

from __future__ import annotations

from collections.abc import Iterable

from pants.backend.python.util_rules.pex import PexRequest, VenvPexRequest
from pants.engine.environment import EnvironmentName
from pants.engine.unions import UnionRule, union


@union(in_scope_types=[EnvironmentName])
class IsolatedPex:
    """In place of a `PexRequest`."""


@union(in_scope_types=[EnvironmentName])
class IsolatedVenvPex:
    """In place of a `VenvPexRequest`."""


def rules() -> Iterable[UnionRule]:
    return (UnionRule(IsolatedPex, PexRequest), UnionRule(IsolatedVenvPex, VenvPexRequest))
