from __future__ import annotations

from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    BoolField,
    Dependencies,
    SourcesField,
    SpecialCasedDependencies,
    StringField,
    StringSequenceField,
    Target,
)


class ToolNamesField(StringSequenceField):
    alias = "tools"
    required = True
    value: tuple[str, ...]
    help = "The top-level packages of the tools, e.g. `modular_converter`."


class ToolResourcesField(SourcesField):
    alias = "_sources"
    help = "Nothing at the target's own place: the files are the tools' source."


class ToolResourcesTarget(Target):
    alias = "tool_resources"
    core_fields = (*COMMON_TARGET_FIELDS, Dependencies, ToolNamesField, ToolResourcesField)
    help = "The tools' source without tests, at `_tools/` beside the BUILD file."


class DistributionField(SpecialCasedDependencies):
    alias = "distributions"
    required = True
    help = "The `python_distribution` whose wheel it is, alone."


class PythonTagField(StringField):
    alias = "python_tag"
    required = True
    value: str
    help = "The tag for interpreters in the wheel's name."


class RequiresPythonField(StringField):
    alias = "requires_python"
    required = True
    value: str
    help = "What the metadata says of interpreters, such as `>=3.9,<3.12`. pip chooses by it."


class CallsByNameField(BoolField):
    alias = "calls_by_name"
    default = False
    help = "Whether the rules in the wheel call rules by name, as Pants 2.32 requires."


class SettledWheelTarget(Target):
    alias = "settled_wheel"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        DistributionField,
        PythonTagField,
        RequiresPythonField,
        CallsByNameField,
    )
    help = "The wheel of a distribution, byte for byte the same on every machine and at any time."
