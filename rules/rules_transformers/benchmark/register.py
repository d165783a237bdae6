"""The former name of the backend `rules_transformers.gpu_benchmark`."""

from rules_transformers.gpu_benchmark import register
from rules_transformers.gpu_benchmark.register import target_types
from rules_transformers.renamed_backend import warn_of_former_name

__all__ = ["rules", "target_types"]


def rules():
    warn_of_former_name("benchmark", "gpu_benchmark")
    return register.rules()
