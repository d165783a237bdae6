"""The wheel of a distribution, the same whoever builds it.

setuptools gives the files in a wheel the time and the permissions that they have in the sandbox,
where the builder's umask has a part in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pants.core.goals.package import BuiltPackage, BuiltPackageArtifact, PackageFieldSet
from pants.engine.addresses import Addresses, UnparsedAddressInputs
from pants.engine.fs import CreateDigest, Digest, DigestContents, FileContent
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import (
    FieldSetsPerTarget,
    FieldSetsPerTargetRequest,
    InvalidTargetException,
    Targets,
)
from pants.engine.unions import UnionRule

from internal.packaging.settled_archive import settled
from internal.packaging.target_types import DistributionField


@dataclass(frozen=True)
class WheelFieldSet(PackageFieldSet):
    required_fields = (DistributionField,)

    distribution: DistributionField


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
    files = await Get(DigestContents, Digest, built.digest)
    wheels = [FileContent(Path(each.path).name, settled(each.content)) for each in files]
    return BuiltPackage(
        await Get(Digest, CreateDigest(wheels)),
        tuple(BuiltPackageArtifact(each.path) for each in wheels),
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (*collect_rules(), UnionRule(PackageFieldSet, WheelFieldSet))
