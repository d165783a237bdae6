"""The tools' source as resources of the plugin's wheel.

The plugin reads them as files and never imports them, so they carry no interpreter constraints.
"""

from internal.packaging import rules as packaging_rules
from internal.packaging.target_types import ToolResourcesTarget


def rules():
    return packaging_rules.rules()


def target_types():
    return (ToolResourcesTarget,)
