"""`publish`: uploads fixtures to repositories of a model hub."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from pants.backend.python.subsystems.setup import PythonSetup
from pants.base.build_root import BuildRoot
from pants.core.goals.publish import (
    PublishFieldSet,
    PublishOutputData,
    PublishPackages,
    PublishProcesses,
    PublishRequest,
)
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.process import InteractiveProcess, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    AllTargets,
    InvalidTargetException,
    Target,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule
from pants.option.global_options import GlobalOptions
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from rules_transformers.tiny_fixtures.field_set import TinyFixtureFieldSet
from rules_transformers.tiny_fixtures.subsystem import MANIFEST, TinyFixturePublish
from rules_transformers.tiny_fixtures.target_types import FixtureFilesField, FixturePublishToField
from rules_transformers.tiny_fixtures.util_rules.build import BuildFixtureRequest, BuiltFixture
from rules_transformers.tiny_fixtures.util_rules.environment import (
    FixtureEnvironment,
    FixtureEnvironmentRequest,
)
from rules_transformers.util_rules.tool_commands import PUBLISH
from rules_transformers.util_rules.tool_process import ToolProcess

_ENDPOINT = "HF_ENDPOINT"
_CERTIFICATES = "SSL_CERT_FILE"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
# What the uploading process, and no other, gets of the user's environment.
_PASSED_ON = (
    "HF_TOKEN",
    "HF_TOKEN_PATH",
    _ENDPOINT,
    "HF_HUB_DISABLE_XET",
    _CERTIFICATES,
    "SSL_CERT_DIR",
    *_PROXIES,
    *map(str.lower, _PROXIES),
)
_ENVIRONMENT = FrozenDict({"HF_HOME": "__hf_home"})


class PublishTinyFixtureRequest(PublishRequest["TinyFixturePublishFieldSet"]):
    pass


@dataclass(frozen=True)
class TinyFixturePublishFieldSet(PublishFieldSet[PublishTinyFixtureRequest]):
    publish_request_type = PublishTinyFixtureRequest
    required_fields = (FixtureFilesField, FixturePublishToField)

    publish_to: FixturePublishToField

    @classmethod
    def opt_out(cls, tgt: Target) -> bool:
        # Nothing is built for a fixture that nobody wants to publish.
        return tgt[FixturePublishToField].value is None

    def get_output_data(self) -> PublishOutputData:
        return PublishOutputData({"publisher": "huggingface_hub", **super().get_output_data()})


class PublishToTakenTwice(FrozenDict[str, str]):
    """For each repository that several fixtures are published to: a message."""


class _Hidden(str):
    """A value of the environment: Pants' debug log has the environment of the process."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'<hidden>'"


def passed_on(variables: Mapping[str, str], ca_certs_path: str | None) -> dict[str, str]:
    """The variables that an upload gets: the user's, and where it finds Pants' certificates."""
    defaults = {_CERTIFICATES: ca_certs_path} if ca_certs_path else {}
    return {name: _Hidden(value) for name, value in {**defaults, **variables}.items()}


@rule(desc="Find where fixtures are published to", level=LogLevel.DEBUG)
def find_publish_to_taken_twice(targets: AllTargets) -> PublishToTakenTwice:
    owners: dict[str, list[str]] = {}
    for target in targets:
        if TinyFixturePublishFieldSet.is_applicable(target):
            publish_to = target[FixturePublishToField].value
            assert publish_to is not None, "it would have opted out"
            owners.setdefault(publish_to, []).append(target.address.spec)
    return PublishToTakenTwice(
        (
            publish_to,
            f"{len(addresses)} fixtures are published to {publish_to}: "
            f"{', '.join(sorted(addresses))}\n"
            "hint: give each its own `publish_to`, so that none overwrites another",
        )
        for publish_to, addresses in owners.items()
        if len(addresses) > 1
    )


@rule
async def publish_tiny_fixture(
    request: PublishTinyFixtureRequest,
    options: TinyFixturePublish,
    taken_twice: PublishToTakenTwice,
    python_setup: PythonSetup,
    global_options: GlobalOptions,
    build_root: BuildRoot,
) -> PublishProcesses:
    address, publish_to = request.field_set.address, request.field_set.publish_to.value
    assert publish_to is not None, "it would have opted out"
    if publish_to in taken_twice:
        raise InvalidTargetException(f"{address} is not published: {taken_twice[publish_to]}")
    # Not what was packaged, which may be an archive.
    wrapped = await Get(WrappedTarget, WrappedTargetRequest(address, "the `publish` goal"))
    fixture = TinyFixtureFieldSet.create(wrapped.target)
    built, environment, variables = await MultiGet(
        Get(BuiltFixture, BuildFixtureRequest(fixture)),
        Get(
            FixtureEnvironment,
            FixtureEnvironmentRequest.create(fixture.resolve, python_setup),
        ),
        Get(EnvironmentVars, EnvironmentVarsRequest(_PASSED_ON)),
    )
    certificates = global_options.ca_certs_path
    if certificates:
        certificates = os.path.join(build_root.path, certificates)
    directories = [
        PurePosixPath(path).parent
        for path in built.snapshot.files
        if PurePosixPath(path).name == MANIFEST
    ]
    flags = [
        flag
        for flag, wanted in (("--private", options.private), ("--dry-run", options.dry_run))
        if wanted
    ]
    published = []
    for directory in directories:
        # Of several architectures each has a directory of its name.
        suffix = "" if str(directory) == fixture.directory else f"-{directory.name}"
        repository = f"{publish_to}{suffix}"
        process = await Get(
            Process,
            ToolProcess(
                PUBLISH,
                (str(directory), "--repo-id", repository, *flags),
                environment.pex_request,
                (built.snapshot.digest,),
                f"Publish {address}",
                env=_ENVIRONMENT,
                network=True,
            ),
        )
        published.append(
            PublishPackages(
                names=(f"{address} {directory.name}" if suffix else str(address),),
                process=InteractiveProcess(
                    process.argv,
                    env={**process.env, **passed_on(variables, certificates)},
                    input_digest=process.input_digest,
                    append_only_caches=process.append_only_caches,
                    immutable_input_digests=process.immutable_input_digests,
                ),
                description=_description(repository, options.dry_run),
                data=_output_data(repository, variables.get(_ENDPOINT), options.dry_run),
            )
        )
    return PublishProcesses(published)


def _description(repository: str, dry_run: bool) -> str:
    return f"{repository} (dry run, nothing written)" if dry_run else repository


def _output_data(repository: str, endpoint: str | None, dry_run: bool) -> PublishOutputData:
    data: dict[str, str | bool] = {"repository": repository, "dry_run": dry_run}
    if endpoint is not None:
        # A URL may have a password, which is nobody's business.
        data["endpoint"] = re.sub(r"//[^/@]*@", "//", endpoint)
    return PublishOutputData(data)


def rules() -> Iterable[Rule | UnionRule]:
    return (*collect_rules(), *TinyFixturePublishFieldSet.rules())
