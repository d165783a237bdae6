from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    Dependencies,
    SourcesField,
    StringField,
    Target,
)


class CorpusVersionField(StringField):
    alias = "version"
    required = True
    value: str
    help = "The release of transformers, e.g. `5.23.0`."


class CorpusSourcesField(SourcesField):
    alias = "_sources"
    help = "Nothing of the repository: the files come out of the release."


class TransformersCorpusTarget(Target):
    alias = "transformers_corpus"
    core_fields = (*COMMON_TARGET_FIELDS, Dependencies, CorpusVersionField, CorpusSourcesField)
    help = (
        "The modular files of a release of transformers, their parents, and what was generated, "
        "at `corpus/<version>/transformers/` in the sandboxes of its dependents."
    )
