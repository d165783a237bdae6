from __future__ import annotations

import pytest
from pants.backend.python import target_types_rules
from pants.backend.python.target_types import PythonSourceField
from pants.core.util_rules import source_files
from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, FileContent
from pants.engine.internals.native_engine import Snapshot
from pants.engine.rules import Get, QueryRule, collect_rules, rule
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    GeneratedSources,
    GenerateSourcesRequest,
    HydratedSources,
    HydrateSourcesRequest,
    InvalidFieldException,
    Target,
)
from pants.engine.unions import UnionRule
from pants.testutil.rule_runner import RuleRunner

from rules_transformers.modular.target_types import ModularModelsSourcesField, ModularSourceField


def test_a_modular_file_is_no_python_source_of_its_own() -> None:
    # Else Pants would map `modular_x` as a module and lint, format and type-check it as Python,
    # and a dependent's sandbox would hold what is generated in place of it: see the next test.
    assert not issubclass(ModularSourceField, PythonSourceField)


class _DerivedField(PythonSourceField):
    pass


class _DerivedTarget(Target):
    alias = "derived"
    core_fields = (*COMMON_TARGET_FIELDS, _DerivedField)


class _GenerateFromDerived(GenerateSourcesRequest):
    input = _DerivedField
    output = PythonSourceField


@rule
async def generate_from_derived(request: _GenerateFromDerived) -> GeneratedSources:
    generated = CreateDigest([FileContent("modeling_x.py", b"")])
    return GeneratedSources(await Get(Snapshot, CreateDigest, generated))


def test_pants_replaces_a_python_source_by_what_is_generated_from_it() -> None:
    rule_runner = RuleRunner(
        rules=[
            *collect_rules(globals()),
            *source_files.rules(),
            *target_types_rules.rules(),
            UnionRule(GenerateSourcesRequest, _GenerateFromDerived),
            QueryRule(HydratedSources, [HydrateSourcesRequest]),
        ],
        target_types=[_DerivedTarget],
    )
    rule_runner.write_files({"BUILD": "derived(name='x', source='x.py')", "x.py": ""})
    field = rule_runner.get_target(Address("", target_name="x"))[_DerivedField]
    for enable_codegen, expected in ((False, ("x.py",)), (True, ("modeling_x.py",))):
        request = HydrateSourcesRequest(
            field, for_sources_types=(PythonSourceField,), enable_codegen=enable_codegen
        )
        assert rule_runner.request(HydratedSources, [request]).snapshot.files == expected


@pytest.mark.parametrize("source", ["model.py", "modular_.py", "x/modular.py"])
def test_a_source_must_be_named_as_a_modular_file(source: str) -> None:
    with pytest.raises(InvalidFieldException, match=r"must name a file `modular_<model>.py`"):
        ModularSourceField(source, Address("m"))


def test_a_modular_file_leads_from_its_generated_files_too() -> None:
    matcher = ModularSourceField("a/modular_a.py", Address("m")).filespec_matcher
    paths = ["m/a/modular_a.py", "m/a/modeling_a.py", "m/a/image_processing_pil_a.py"]
    others = ["m/a/modeling_b.py", "m/modeling_a.py", "m/a/test_modeling_a.py"]
    assert list(matcher.matches(paths + others)) == paths


def test_globs_of_modular_files_lead_from_deleted_generated_files_too() -> None:
    sources = ["*/modular_*.py", "!drafts/modular_*.py"]
    matcher = ModularModelsSourcesField(sources, Address("m")).filespec_matcher
    paths = ["m/a/modular_a.py", "m/a/modeling_a.py"]
    others = ["m/a/helpers.py", "m/drafts/modular_b.py"]
    assert list(matcher.matches(paths + others)) == paths
