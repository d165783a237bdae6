from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.subsystems.python_tool_base import PythonToolRequirementsBase
from pants.backend.python.util_rules.pex import (
    PexRequest,
    VenvPex,
    VenvPexProcess,
)
from pants.core.goals.package import (
    BuiltPackage,
    BuiltPackageArtifact,
    OutputPathField,
    PackageFieldSet,
)
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.engine.fs import AddPrefix, Digest, RemovePrefix
from pants.engine.process import ProcessResult
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from internal.site.target_types import SiteSourcesField

_OUTPUT = "__site"


class Sphinx(PythonToolRequirementsBase):
    options_scope = "sphinx"
    name = "Sphinx"
    help = "Builds the documentation's site."

    default_version = "sphinx==9.0.4"
    default_extra_requirements = ["furo==2025.12.19", "myst-parser==5.2.0"]

    register_interpreter_constraints = True
    default_interpreter_constraints = ["==3.11.*"]

    default_lockfile_resource = ("internal.site", "sphinx.lock")


@dataclass(frozen=True)
class SiteFieldSet(PackageFieldSet):
    required_fields = (SiteSourcesField,)

    sources: SiteSourcesField
    output_path: OutputPathField


@rule(desc="Build the documentation's site", level=LogLevel.DEBUG)
async def package_site(field_set: SiteFieldSet, sphinx: Sphinx) -> BuiltPackage:
    pex, sources = await MultiGet(
        Get(
            VenvPex,
            PexRequest(
                output_filename="sphinx.pex",
                internal_only=True,
                requirements=sphinx.pex_requirements(),
                interpreter_constraints=sphinx.interpreter_constraints,
                description="Prepare Sphinx",
            ),
        ),
        Get(SourceFiles, SourceFilesRequest([field_set.sources])),
    )
    site = await Get(
        ProcessResult,
        VenvPexProcess(
            pex,
            argv=(
                *("-m", "sphinx", "--builder=html", "--quiet", "--color"),
                *("--fail-on-warning", "--keep-going", "--doctree-dir=__doctrees"),
                *(field_set.address.spec_path, _OUTPUT),
            ),
            # Dates of files decide nothing.
            extra_env={"SOURCE_DATE_EPOCH": "315532800", "LC_ALL": "C.UTF-8"},
            input_digest=sources.snapshot.digest,
            output_directories=(_OUTPUT,),
            description=f"Build {field_set.address}",
        ),
    )
    path = field_set.output_path.value_or_default(file_ending=None)
    pages = await Get(Digest, RemovePrefix(site.output_digest, _OUTPUT))
    return BuiltPackage(
        await Get(Digest, AddPrefix(pages, path)), (BuiltPackageArtifact(f"{path}/index.html"),)
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        UnionRule(PackageFieldSet, SiteFieldSet),
    )
