"""What this repository's own wheel is made with.

The tools' source goes in as resources: the plugin reads them as files and never imports them, so
they carry no interpreter constraints.
"""

from internal.packaging import rules as packaging_rules
from internal.packaging import wheel
from internal.packaging.target_types import SettledWheelTarget, ToolResourcesTarget


def rules():
    return (*packaging_rules.rules(), *wheel.rules())


def target_types():
    return (SettledWheelTarget, ToolResourcesTarget)
