"""The documentation as a site, built by Sphinx; every warning is an error."""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from internal.site import rules as site_rules
from internal.site.target_types import SiteTarget


def rules() -> Iterable[Rule | UnionRule]:
    return site_rules.rules()


def target_types() -> Iterable[type[Target]]:
    return (SiteTarget,)
