from __future__ import annotations

from pants.core.goals.package import OutputPathField
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    Dependencies,
    MultipleSourcesField,
    Target,
)


class SiteSourcesField(MultipleSourcesField):
    required = True
    help = "The pages, the files that they link to or show, and Sphinx's `conf.py`."


class SiteTarget(Target):
    alias = "sphinx_site"
    core_fields = (*COMMON_TARGET_FIELDS, Dependencies, SiteSourcesField, OutputPathField)
    help = "A site that Sphinx builds from the directory of the BUILD file."
