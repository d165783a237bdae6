"""The targets `tiny_fixture` and `tiny_fixtures`."""

from __future__ import annotations

import re
from typing import Any

from pants.backend.python.target_types import PythonResolveField
from pants.core.goals.package import OutputPathField
from pants.engine.addresses import Address
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    Dependencies,
    IntField,
    InvalidFieldException,
    InvalidFieldTypeException,
    InvalidTargetException,
    MultipleSourcesField,
    StringField,
    StringSequenceField,
    Target,
    TargetGenerator,
)
from pants.util.docutil import bin_name
from pants.util.strutil import help_text

from rules_transformers.target_types import SeedField
from rules_transformers.tiny_fixtures.json_field import JsonObjectField

DTYPES = ("float32", "float16", "bfloat16")
CHECKS = ("forward", "round-trip", "generate", "gradient")
FORMATS = ("gguf", "gguf-q8", "lora", "onnx", "sentence-embedding")
_REPO_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)?")


class FixtureModelField(StringField):
    """Also what codegen starts from: see `codegen.py`."""

    alias = "model"
    help = help_text(
        """
        The address of a `modular_model` of this repository whose classes the fixture is made of,
        e.g. `model=":qwen3"`. The fixture is rebuilt only when its generated code changes.
        """
    )


class FixtureModelTypeField(StringField):
    alias = "model_type"
    help = help_text(
        """
        An architecture of the installed transformers, by the `model_type` of its config, e.g.
        `model_type="qwen3"`. Either this or `model` must be given.
        """
    )


class FixtureArchitecturesField(StringSequenceField):
    alias = "architectures"
    help = help_text(
        """
        The model classes to build, e.g. `architectures=["Qwen3ForCausalLM"]`; each becomes a model
        repository of its own. By default, every class of the model type that the Auto classes know.
        """
    )


class FixtureConfigField(JsonObjectField):
    alias = "config"
    help = help_text(
        """
        Overrides of the shrunk config, e.g. `config={"num_hidden_layers": 2}`. Dictionaries are
        merged into sub-configs.
        """
    )


class FixtureSeedField(SeedField):
    help = help_text("The seed of the random weights.")


class FixtureDtypeField(StringField):
    alias = "dtype"
    default = "float32"
    valid_choices = DTYPES
    help = help_text("The type of the weights.")


class FixtureMaxSizeField(IntField):
    alias = "max_size"
    default = 5_000_000
    help = help_text("The largest size of a model repository in bytes, all its files together.")

    @classmethod
    def compute_value(cls, raw_value: int | None, address: Address) -> int:
        return _at_least_one(super().compute_value(raw_value, address), cls.alias, address)


class FixtureShardsField(IntField):
    alias = "shards"
    default = 1
    help = help_text("The number of safetensors files for the weights; several get an index.")

    @classmethod
    def compute_value(cls, raw_value: int | None, address: Address) -> int:
        return _at_least_one(super().compute_value(raw_value, address), cls.alias, address)


class FixtureTokenizerField(StringField):
    alias = "tokenizer"
    help = help_text(
        """
        The kind of tokenizer, e.g. `tokenizer="byte_level_bpe"`, or `"none"`. By default that of
        the model's family.
        """
    )


class FixtureProcessorsField(JsonObjectField):
    """`True`, `False` or overrides; `value` is the text of the JSON value."""

    alias = "processors"
    default = "true"
    help = help_text(
        """
        Whether to write the processors of the model (of images, video, audio); a dictionary
        overrides their settings, e.g. `processors={"do_resize": False}`. Those of a `modular_model`
        are what its package registers with the Auto classes, what lies beside its module
        (`processing_x.py`, `image_processing_x.py`, ...), or what its parts have.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: Any, address: Address) -> str:
        if raw_value is None:
            return cls.default
        if isinstance(raw_value, bool):
            return "true" if raw_value else "false"
        if not isinstance(raw_value, dict):
            raise InvalidFieldTypeException(
                address, cls.alias, raw_value, expected_type="True, False or a dictionary"
            )
        value = super().compute_value(raw_value, address)
        assert value is not None
        return value


class FixtureChatTemplateField(StringField):
    alias = "chat_template"
    help = help_text(
        """
        The chat template, as Jinja text, or `from:` and a package of the resolve that has the
        family's, e.g. `chat_template="from:trl"`; `from:trl/qwen3` names one of its files. By
        default, chat models get one that writes conversations as the family does.
        """
    )


class FixtureLicenseField(StringField):
    alias = "license"
    default = "apache-2.0"
    help = help_text("The license in the model card, as model hubs spell it.")


class FixtureChecksField(StringSequenceField):
    alias = "checks"
    default = ("forward", "round-trip")
    valid_choices = CHECKS
    help = help_text(
        f"""
        What is tried before the fixture counts as built, of {", ".join(f"`{c}`" for c in CHECKS)}.
        """
    )


class FixtureFormatsField(StringSequenceField):
    alias = "formats"
    valid_choices = FORMATS
    help = help_text(
        """
        Further forms of the model, which other libraries load from the same repository: `gguf` and
        `gguf-q8` (weights of 8 bits), `lora` (an adapter of peft in `lora/`), `onnx`
        (`onnx/model.onnx`), `sentence-embedding` (for sentence-transformers). The resolve must have
        `gguf`, or `onnx` and `onnxscript`, for these; the others need nothing.
        """
    )


class FixtureRepoIdField(StringField):
    alias = "repo_id"
    help = help_text(
        """
        The name that tests load the fixture by, e.g. `repo_id="tiny-random/qwen3"`. Of several
        architectures, each gets `-` and the name of its class appended. Without a name, tests find
        the fixture by its address.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: str | None, address: Address) -> str | None:
        value = super().compute_value(raw_value, address)
        if value is not None and not _REPO_ID.fullmatch(value):
            raise InvalidFieldException(
                f"The `{cls.alias}` field in target {address} must be `name` or "
                f"`organization/name` of letters, digits, `.`, `_` and `-`, but it was {value!r}"
            )
        return value


class FixtureFromCheckpointField(StringField):
    alias = "from_checkpoint"
    help = help_text(
        """
        A directory of this repository, relative to the BUILD file, with a tokenizer or processor
        whose vocabulary is shrunk, instead of one made from scratch.
        """
    )


class FixtureDependenciesField(Dependencies):
    help = help_text(
        """
        What the model needs and no import statement shows, such as a backbone that it imports by a
        name in its config: e.g. `dependencies=["src/acme/models/resnet"]`. The model, and the files
        with its tokenizer and processors, are inferred.
        """
    )


class FixturePublishToField(StringField):
    alias = "publish_to"
    help = help_text(
        f"""
        The repository of a model hub that `publish` uploads to, e.g.
        `publish_to="my-team/tiny-qwen3"`. Of several architectures, each gets `-` and the name of
        its class appended. Without it `publish` leaves the fixture alone. See
        `{bin_name()} help tiny-fixture-publish` for the token, the hub and a dry run.
        """
    )

    @classmethod
    def compute_value(cls, raw_value: str | None, address: Address) -> str | None:
        value = super().compute_value(raw_value, address)
        if value is not None and not (_REPO_ID.fullmatch(value) and "/" in value):
            raise InvalidFieldException(
                f"The `{cls.alias}` field in target {address} must be `organization/name` of "
                f"letters, digits, `.`, `_` and `-`, but it was {value!r}"
            )
        return value


class FixtureFilesField(MultipleSourcesField):
    """Holds no files: what the files of a fixture are generated from, as codegen wants a field."""

    alias = "_files"
    uses_source_roots = False
    expected_num_files = 0
    default = ()


_SETTINGS = (
    FixtureModelField,
    FixtureModelTypeField,
    FixtureConfigField,
    FixtureSeedField,
    FixtureDtypeField,
    FixtureMaxSizeField,
    FixtureShardsField,
    FixtureTokenizerField,
    FixtureProcessorsField,
    FixtureChatTemplateField,
    FixtureLicenseField,
    FixtureChecksField,
    FixtureFormatsField,
    FixtureFromCheckpointField,
    FixtureDependenciesField,
    PythonResolveField,
)


class TinyFixtureTarget(Target):
    alias = "tiny_fixture"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        *_SETTINGS,
        FixtureArchitecturesField,
        FixtureRepoIdField,
        FixturePublishToField,
        FixtureFilesField,
        OutputPathField,
    )
    help = help_text(
        """
        A tiny model with random weights, its tokenizer and processors: a model repository that
        tests load, built offline and cached by its content.

        Example BUILD file:

            tiny_fixture(
                name="tiny",
                model=":qwen3",                       # or model_type="qwen3"
                architectures=["Qwen3ForCausalLM"],
                config={"num_hidden_layers": 2},
                repo_id="tiny-random/qwen3",
            )

            python_tests(name="tests", dependencies=[":tiny"])

        Tests that depend on it find it offline by its name:
        `AutoModelForCausalLM.from_pretrained("tiny-random/qwen3")`.
        """
    )

    def validate(self) -> None:
        check_model(
            self[FixtureModelField].value,
            self[FixtureModelTypeField].value,
            self.alias,
            self.address,
        )


class TinyFixturesGeneratorTarget(TargetGenerator):
    alias = "tiny_fixtures"
    generated_target_cls = TinyFixtureTarget
    core_fields = (
        *COMMON_TARGET_FIELDS,
        FixtureArchitecturesField,
        FixtureRepoIdField,
        FixturePublishToField,
    )
    copied_fields = COMMON_TARGET_FIELDS
    moved_fields = _SETTINGS
    help = help_text(
        f"""
        Generates a `{TinyFixtureTarget.alias}` target for each architecture of a model type.

        Example BUILD file:

            tiny_fixtures(
                name="tiny",
                model_type="qwen3",
                repo_id="tiny-random/qwen3",   # tiny-random/qwen3-Qwen3ForCausalLM and so on
            )

        Tests depend on all of them by `:tiny`, or on one by `:tiny#Qwen3ForCausalLM`.
        """
    )


def check_model(model: str | None, model_type: str | None, alias: str, address: Address) -> None:
    """Raises InvalidTargetException unless exactly one of the two is given."""
    if (model is None) == (model_type is None):
        given = "neither was" if model is None else "both were"
        raise InvalidTargetException(
            f"The `{alias}` target {address} must have one of `model` and `model_type`, but "
            f"{given} given\n"
            'hint: `model=":qwen3"` for a `modular_model` of this repository, '
            '`model_type="qwen3"` for an architecture of the installed transformers'
        )


def _at_least_one(value: int | None, alias: str, address: Address) -> int:
    assert value is not None, "there is a default"
    if value < 1:
        raise InvalidFieldException(
            f"The `{alias}` field in target {address} must be at least 1, but it was {value}"
        )
    return value
