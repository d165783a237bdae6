"""The wheels of a distribution, the same on every machine.

setuptools gives the files in a wheel the time and the permissions that they have in the sandbox,
where the builder's umask has a part in them. One distribution has two wheels: the rules as they
are written, and a copy that calls rules by name, for later versions of Pants.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pants.backend.python.subsystems.python_tool_base import PythonToolRequirementsBase
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexProcess
from pants.core.goals.package import BuiltPackage, BuiltPackageArtifact, PackageFieldSet
from pants.engine.addresses import Addresses, UnparsedAddressInputs
from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestContents,
    FileContent,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
)
from pants.engine.process import ProcessResult
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    FieldSetsPerTarget,
    FieldSetsPerTargetRequest,
    InvalidTargetException,
    Targets,
)
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from internal.packaging.settled_archive import settled
from internal.packaging.target_types import (
    CallsByNameField,
    DistributionField,
    PythonTagField,
    RequiresPythonField,
)
from internal.packaging.wheel_files import Label, changed, read_wheel
from rules_transformers.util_rules.tool_sources import WHEEL_DIR

_REWRITER = "call_by_name"
_REWRITER_ROOT = "build-support"
_SOURCE, _TARGET = "__source", "__target"


class CallByName(PythonToolRequirementsBase):
    options_scope = "call-by-name"
    name = "call by name"
    help = "Writes the rules with calls by name."

    default_version = "libcst==1.9.0"
    default_extra_requirements = ["ruff==0.14.10"]

    register_interpreter_constraints = True
    default_interpreter_constraints = ["==3.11.*"]

    default_lockfile_resource = ("internal.packaging", "call_by_name.lock")


@dataclass(frozen=True)
class WheelFieldSet(PackageFieldSet):
    required_fields = (DistributionField,)

    distribution: DistributionField
    python_tag: PythonTagField
    requires_python: RequiresPythonField
    calls_by_name: CallsByNameField


@dataclass(frozen=True)
class _CallsByNameRequest:
    """Requests the modules that change where rules call rules by name.

    :param sources: the rules, below the directory `__source`.
    """

    sources: Digest


@dataclass(frozen=True)
class _CallsByName:
    digest: Digest


@rule(desc="Write the rules with calls by name", level=LogLevel.DEBUG)
async def write_calls_by_name(
    request: _CallsByNameRequest, call_by_name: CallByName
) -> _CallsByName:
    pex, rewriter = await MultiGet(
        Get(
            VenvPex,
            PexRequest(
                output_filename="call_by_name.pex",
                internal_only=True,
                requirements=call_by_name.pex_requirements(),
                interpreter_constraints=call_by_name.interpreter_constraints,
                description="Prepare what writes the rules with calls by name",
            ),
        ),
        Get(Digest, PathGlobs([f"{_REWRITER_ROOT}/{_REWRITER}/*.py"])),
    )
    digest = await Get(Digest, MergeDigests((rewriter, request.sources)))
    result = await Get(
        ProcessResult,
        VenvPexProcess(
            pex,
            argv=("-m", _REWRITER, _SOURCE, _TARGET),
            extra_env={"PEX_EXTRA_SYS_PATH": _REWRITER_ROOT},
            input_digest=digest,
            output_directories=(_TARGET,),
            description="Write the rules with calls by name",
        ),
    )
    return _CallsByName(await Get(Digest, RemovePrefix(result.output_digest, _TARGET)))


@rule
async def package_wheel(field_set: WheelFieldSet) -> BuiltPackage:
    addresses = await Get(
        Addresses, UnparsedAddressInputs, field_set.distribution.to_unparsed_address_inputs()
    )
    if len(addresses) != 1:
        raise InvalidTargetException(
            f"{field_set.address} must name one distribution, found {len(addresses)}"
        )
    targets = await Get(Targets, Addresses, addresses)
    found = await Get(FieldSetsPerTarget, FieldSetsPerTargetRequest(PackageFieldSet, targets))
    built = await Get(BuiltPackage, PackageFieldSet, found.field_sets[0])
    (wheel,) = await Get(DigestContents, Digest, built.digest)
    new_files: dict[str, bytes] = {}
    if field_set.calls_by_name.value:
        sources = await Get(Digest, CreateDigest(_rules_in(wheel.content)))
        calling = await Get(_CallsByName, _CallsByNameRequest(sources))
        contents = await Get(DigestContents, Digest, calling.digest)
        new_files = {file.path: file.content for file in contents}
    label = Label(field_set.python_tag.value, field_set.requires_python.value)
    content = settled(changed(wheel.content, new_files, label))
    name = label.file_name(Path(wheel.path).name)
    return BuiltPackage(
        await Get(Digest, CreateDigest([FileContent(name, content)])),
        (BuiltPackageArtifact(name),),
    )


def _rules_in(wheel: bytes) -> list[FileContent]:
    """The modules of the plugin, without the tools that it ships."""
    tools = f"/{WHEEL_DIR.name}/"
    return [
        FileContent(f"{_SOURCE}/{name}", content)
        for name, content in read_wheel(wheel).items()
        if name.endswith(".py") and tools not in name
    ]


def rules() -> Iterable[Rule | UnionRule]:
    return (*collect_rules(), UnionRule(PackageFieldSet, WheelFieldSet))
