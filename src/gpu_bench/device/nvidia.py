"""NVIDIA: devices by NVML, or else by `nvidia-smi`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gpu_bench.core import vendors
from gpu_bench.device.advice import Commands, Settings, advice
from gpu_bench.device.nvidia_cards import asked, cards, chosen, load_nvml
from gpu_bench.device.nvidia_sensors import sensors_of
from gpu_bench.device.telemetry import Reading, Sensors
from rules_transformers_contract.cuda_device import Card


class Nvidia:
    """CUDA devices, named by UUID."""

    name = vendors.NVIDIA

    def cards(self, variables: Mapping[str, str], count: int) -> tuple[Card, ...]:
        return chosen(cards(), variables, count)

    def visibility(self, cards: Sequence[Card], variables: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002 - a UUID needs no other variable
        return {"CUDA_VISIBLE_DEVICES": ",".join(card.uuid for card in cards)}

    def sensors(self, card: Card) -> Sensors | None:
        return sensors_of(card)

    def absence(self, card: Card) -> str:  # noqa: ARG002 - the same for all
        if load_nvml() is None:
            return "`nvidia-smi`, which is read without nvidia-ml-py, does not report it"
        return "the driver does not report it for this device"

    def advice(
        self, card: Card, readings: Sequence[Reading], foreign_processes: int
    ) -> Iterator[str]:
        return advice(card, settings_of(card), commands(card), readings, foreign_processes)


def commands(card: Card) -> Commands:
    """What an administrator of the card would type."""
    smi = f"sudo nvidia-smi --id={card.sensor_uuid}"
    return Commands(
        clock="SM clock",
        hold_clock=f"{smi} --lock-gpu-clocks={{}}",
        free_clock=f"{smi} --reset-gpu-clocks",
        persistence=f"{smi} --persistence-mode=1",
        processes=f"nvidia-smi --id={card.uuid} --query-compute-apps=pid,name --format=csv",
        memory_errors=f"nvidia-smi --id={card.sensor_uuid} --query --display=ECC,ROW_REMAPPER",
    )


def settings_of(card: Card) -> Settings:
    """The settings of a card, by NVML."""
    nvml = load_nvml()
    if nvml is None:
        return Settings()
    handle = asked(nvml, nvml.nvmlDeviceGetHandleByUUID, card.sensor_uuid)
    persistence = asked(nvml, nvml.nvmlDeviceGetPersistenceMode, handle)
    slowdown = asked(
        nvml,
        nvml.nvmlDeviceGetTemperatureThreshold,
        handle,
        nvml.NVML_TEMPERATURE_THRESHOLD_SLOWDOWN,
    )
    uncorrectable = asked(
        nvml,
        nvml.nvmlDeviceGetTotalEccErrors,
        handle,
        nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
        nvml.NVML_VOLATILE_ECC,
    )
    return Settings(None if persistence is None else bool(persistence), slowdown, uncorrectable)
