"""The documentation as a site, built by Sphinx; every warning is an error."""

from internal.site import rules as site_rules
from internal.site.target_types import SiteTarget


def rules():
    return site_rules.rules()


def target_types():
    return (SiteTarget,)
