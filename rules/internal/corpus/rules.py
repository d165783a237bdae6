from __future__ import annotations

from collections.abc import Iterable

from pants.backend.python.subsystems.setup import PythonSetup
from pants.core.target_types import FileSourceField
from pants.engine.fs import AddPrefix, Snapshot
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import GeneratedSources, GenerateSourcesRequest
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from internal.corpus.target_types import CorpusSourcesField, CorpusVersionField
from rules_transformers.util_rules.distribution_sources import (
    DistributionSources,
    DistributionSourcesRequest,
)

_MODELS = ("transformers/__init__.py", "transformers/models/**/*.py")


class GenerateCorpusRequest(GenerateSourcesRequest):
    input = CorpusSourcesField
    output = FileSourceField
    exportable = False


@rule(desc="Fetch a release of transformers as test data", level=LogLevel.DEBUG)
async def generate_corpus(
    request: GenerateCorpusRequest, python_setup: PythonSetup
) -> GeneratedSources:
    version = request.protocol_target[CorpusVersionField].value
    sources = await Get(
        DistributionSources,
        DistributionSourcesRequest(
            f"transformers=={version}", python_setup.interpreter_constraints, _MODELS
        ),
    )
    return GeneratedSources(await Get(Snapshot, AddPrefix(sources.digest, f"corpus/{version}")))


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(GenerateSourcesRequest, GenerateCorpusRequest),
    )
