"""The targets `modular_model` and `modular_models`."""

from __future__ import annotations

from pathlib import PurePosixPath

from pants.backend.python.target_types import PythonResolveField
from pants.engine.addresses import Address
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    Dependencies,
    InvalidFieldException,
    MultipleSourcesField,
    OverridesField,
    SingleSourceField,
    StringField,
    StringSequenceField,
    Target,
    TargetFilesGenerator,
    generate_file_based_overrides_field_help_message,
    generate_multiple_sources_field_help_message,
)
from pants.source.filespec import Filespec, FilespecMatcher
from pants.util.memo import memoized_property
from pants.util.strutil import help_text

from rules_transformers.modular.file_types import (
    FILE_TYPES,
    MODULAR_PREFIX,
    generated_path,
    is_modular_file,
)
from rules_transformers.util_rules.pants_versions import excluded_globs


class ModularSourceField(SingleSourceField):
    expected_file_extensions = (".py",)
    help = help_text(
        """
        The modular file, e.g. `source="modular_qwen3.py"`: the difference between a model and the
        parents that it inherits from.

        The name starts with `modular_`; what follows it names the model, and with it the generated
        files: `modeling_qwen3.py`, `configuration_qwen3.py` and so on, beside the modular file.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: str | None, address: Address) -> str | None:
        value = super().compute_value(raw_value, address)
        if value is not None and not is_modular_file(value):
            raise InvalidFieldException(
                f"The `{cls.alias}` field in target {address} must name a file "
                f"`{MODULAR_PREFIX}<model>.py`, but it was `{value}`\n"
                "hint: the model's name, and with it the names of the generated files, comes from "
                "the name of the modular file"
            )
        return value

    @memoized_property
    def filespec_matcher(self) -> FilespecMatcher:
        return _with_generated_files(self.filespec)


class ModularDependenciesField(Dependencies):
    pass


class ModularOutputsField(StringSequenceField):
    alias = "outputs"
    help = help_text(
        f"""
        Restricts the generated files to these types, e.g. `outputs=["modeling", "configuration"]`.

        The types are {", ".join(f"`{kind}`" for kind in sorted(FILE_TYPES))}. By default, all files
        that the classes of the modular file need are generated.
        """
    )
    valid_choices = FILE_TYPES


class ModularParentsField(StringField):
    alias = "parents"
    help = help_text(
        """
        The distribution that holds the parents, as a pinned requirement, e.g.
        `parents="transformers==5.24.0"`.

        By default it is the distribution that `[modular-converter].parents_distribution` names, at
        the version that the lockfile of the target's `resolve` pins. Only its model sources are
        read: none of its dependencies is installed. Parents that are in this repository need no
        distribution; they are found by their imports.
        """
    )


class ModularModelTarget(Target):
    alias = "modular_model"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        ModularDependenciesField,
        ModularSourceField,
        ModularOutputsField,
        ModularParentsField,
        PythonResolveField,
    )
    help = help_text(
        """
        A model written as a modular file, and the standalone files that are generated from it.

        Example BUILD file:

            modular_model(
                name="qwen3",
                source="modular_qwen3.py",
            )

            python_tests(name="tests")

        `generate` writes the generated files beside the modular file, and `generate --check` and
        `lint` report when they are stale. Tests that import `modeling_qwen3` get the fresh output,
        whether or not it is checked in. The target owns its generated files: leave them out of the
        `sources` of other targets.

        Fields may be parametrized, and several targets may name one modular file, as long as they
        do not generate one file with different contents.
        """
    )


class ModularModelsSourcesField(MultipleSourcesField):
    default = (f"{MODULAR_PREFIX}*.py",)
    expected_file_extensions = (".py",)
    help = generate_multiple_sources_field_help_message(
        "Example: `sources=['*/modular_*.py', '!drafts/modular_*.py']`"
    )

    @memoized_property
    def filespec_matcher(self) -> FilespecMatcher:
        return _with_generated_files(self.filespec)


class ModularModelsOverridesField(OverridesField):
    help = generate_file_based_overrides_field_help_message(
        ModularModelTarget.alias,
        """
        overrides={
            "qwen3/modular_qwen3.py": {"tags": ["text"]},
            ("siglip/modular_siglip.py", "aria/modular_aria.py"): {"outputs": ["modeling"]},
        }
        """,
    )


class ModularModelsGeneratorTarget(TargetFilesGenerator):
    alias = "modular_models"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        ModularModelsSourcesField,
        ModularModelsOverridesField,
    )
    generated_target_cls = ModularModelTarget
    copied_fields = COMMON_TARGET_FIELDS
    moved_fields = (
        ModularDependenciesField,
        ModularOutputsField,
        ModularParentsField,
        PythonResolveField,
    )
    help = help_text(
        f"""
        Generates a `{ModularModelTarget.alias}` target for each file in the `sources` field.

        Example BUILD file, for a directory with one sub-directory per model:

            modular_models(
                name="models",
                sources=["*/modular_*.py"],
                overrides={{
                    "qwen3/modular_qwen3.py": {{"tags": ["text"]}},
                }},
            )
        """
    )


def _with_generated_files(filespec: Filespec) -> FilespecMatcher:
    """Widens what a `sources` field owns by the files generated from it.

    So file arguments and `--changed-since` lead from a generated file to its modular file.
    """
    includes = [
        *filespec["includes"],
        *(
            generated_path(modular, kind)
            for modular in filespec["includes"]
            if PurePosixPath(modular).name.startswith(MODULAR_PREFIX)
            for kind in FILE_TYPES
        ),
    ]
    return FilespecMatcher(includes, excluded_globs(filespec))
