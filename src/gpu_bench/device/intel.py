"""Intel: devices by `torch.xpu`, which has no sensors for a process that holds no device open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gpu_bench.core import vendors
from gpu_bench.core.errors import MissingPackage
from gpu_bench.device.listed_cards import first_names, listed_cards
from gpu_bench.device.telemetry import Reading
from gpu_bench.device.torch_build import torch_build
from rules_transformers_contract.cuda_device import Card

_MASK = "ZE_AFFINITY_MASK"
_SELECTOR = "ONEAPI_DEVICE_SELECTOR"


class Intel:
    """XPU devices, named by their place in the driver's order."""

    name = vendors.INTEL

    def cards(self, variables: Mapping[str, str], count: int) -> tuple[Card, ...]:
        """Raises MissingPackage too, if this torch is not built for Intel's devices."""
        build = torch_build()
        if build.xpu is None:
            raise MissingPackage(
                f"torch {build.version} is built without XPU",
                hint="install a torch build for Intel's devices, or set `device` to cuda or cpu",
            )
        listed = listed_cards(self.name, "xpu", variables, (_MASK, _SELECTOR), count)
        return tuple(card for card, _ in listed)

    def visibility(self, cards: Sequence[Card], variables: Mapping[str, str]) -> dict[str, str]:
        mask = variables.get(_MASK)
        if not mask and variables.get(_SELECTOR):
            # It counts devices in an order of its own, which a mask would change.
            return {}
        return {_MASK: first_names(mask, len(cards))}

    def sensors(self, card: Card) -> None:  # noqa: ARG002 - no device has any
        return None

    def absence(self, card: Card) -> str:  # noqa: ARG002 - the same for all
        return "torch.xpu, by which Intel devices are read, does not report it"

    def advice(
        self,
        card: Card,  # noqa: ARG002 - nothing is known of its state
        readings: Sequence[Reading],  # noqa: ARG002
        foreign_processes: int,  # noqa: ARG002
    ) -> Iterator[str]:
        return iter(())
