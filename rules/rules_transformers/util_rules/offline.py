"""Environments for processes that need no network: they are not told the way to one.

`[subprocess-environment].env_vars` is for every Python process, and `./pants` names the proxies
there, which pip needs. A tool does not: the cache key of its result would have one machine's proxy
in it, and whatever the proxy's URL has of a password.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pants.backend.python.util_rules.pex import PexRequest, VenvPexRequest
from pants.backend.python.util_rules.pex_environment import PexEnvironment
from pants.engine.rules import collect_rules, rule
from pants.util.frozendict import FrozenDict

_SUFFIX = "_PROXY"


@dataclass(frozen=True)
class OfflinePexRequest:
    """Asks for the `VenvPex` of a request, without variables that tell of a network."""

    pex_request: PexRequest


@rule
async def leave_out_network(
    request: OfflinePexRequest, environment: PexEnvironment
) -> VenvPexRequest:
    kept = {
        name: value
        for name, value in environment.subprocess_environment_dict.items()
        if not name.upper().endswith(_SUFFIX)
    }
    offline = replace(environment, subprocess_environment_dict=FrozenDict(kept))
    return VenvPexRequest(request.pex_request, offline.in_sandbox(working_directory=None))


def rules():
    return collect_rules()
