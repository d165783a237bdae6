"""The former name of the backend `rules_transformers.parents`."""

from rules_transformers.parents import register
from rules_transformers.parents.register import target_types
from rules_transformers.renamed_backend import warn_of_former_name

__all__ = ["rules", "target_types"]


def rules():
    warn_of_former_name("similarity", "parents")
    return register.rules()
