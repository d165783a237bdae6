"""The target that the `model` field of a fixture or benchmark names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonResolveField
from pants.build_graph.address import ResolveError
from pants.engine.addresses import Address, Addresses, AddressInput, UnparsedAddressInputs
from pants.engine.collection import Collection
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import InvalidTargetException, WrappedTarget, WrappedTargetRequest
from pants.engine.unions import UnionRule

from rules_transformers.modular.field_set import AllModularFieldSets
from rules_transformers.modular.util_rules.shared_files import work_of


@dataclass(frozen=True)
class NamedModelRequest:
    """Asks for the target that the `model` field of `owner` names, if it names one."""

    owner: Address
    model: str | None


class NamedModel(Collection[Address]):
    """The address of that target, or nothing."""


@rule
async def find_named_model(
    request: NamedModelRequest, all_modulars: AllModularFieldSets, python_setup: PythonSetup
) -> NamedModel:
    if request.model is None:
        return NamedModel()
    origin = f"the `model` field of {request.owner}"
    named = UnparsedAddressInputs(
        (request.model,), owning_address=request.owner, description_of_origin=origin
    )
    try:
        return NamedModel(await Get(Addresses, UnparsedAddressInputs, named))
    except ResolveError:
        address = await Get(
            Address,
            AddressInput,
            AddressInput.parse(
                request.model, relative_to=request.owner.spec_path, description_of_origin=origin
            ),
        )
        parametrized = [
            modular
            for modular in all_modulars
            if address.is_parametrized_subset_of(modular.address)
        ]
        if not parametrized:
            raise
    # As an entry of `dependencies`, a name without parameters means the target of the same resolve.
    owner = await Get(WrappedTarget, WrappedTargetRequest(request.owner, origin))
    resolve = owner.target[PythonResolveField].normalized_value(python_setup)
    candidates = sorted(
        (m for m in parametrized if m.resolve.normalized_value(python_setup) == resolve),
        key=lambda modular: modular.address,
    )
    if len({work_of(modular, python_setup) for modular in candidates}) != 1:
        specs = "".join(
            f"  {modular.address}\n"
            for modular in sorted(parametrized, key=lambda modular: modular.address)
        )
        raise InvalidTargetException(
            f"The `model` field in target {request.owner} names a parametrized target without its "
            f"parameters: `{request.model}` can be\n{specs}hint: name one of them"
        )
    return NamedModel([candidates[0].address])


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
