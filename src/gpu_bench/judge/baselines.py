"""Baselines: results kept in a repository, one per benchmark and kind of device."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gpu_bench.results.measurement import Measurement, is_same_code
from gpu_bench.results.reader import NAME as RESULT
from gpu_bench.results.reader import Result, Revision, gap_quantiles, read_result
from toolkit.errors import InputError, ToolError
from toolkit.exit_codes import ExitCode

_LONGEST_SLUG = 80


class BaselineRefused(ToolError):
    """A measurement that must not become a baseline."""

    exit_code = ExitCode.ANSWER_IS_NO


def name(address: str, digest: str, card: str | None = None) -> str:
    """The file name of a baseline: the same on every file system, another for each address.

    ``card`` is the hash of a card that it is bound to.

    What an address has beside letters, digits, `_` and `-` becomes `-`; a part of its SHA-256 keeps
    apart what looks alike then.
    """
    slug = re.sub(r"[^a-z0-9_]+", "-", address.lower()).strip("-")[:_LONGEST_SLUG].strip("-")
    own = hashlib.sha256(address.encode()).hexdigest()[:8]
    of_card = f".{card[:8]}" if card else ""
    return f"{slug}-{own}.{digest[:12]}{of_card}.json".lstrip("-")


def name_of(measured: Measurement, *, per_card: bool = False) -> str:
    """The file name of a measurement's baseline; ``per_card`` binds it to the card."""
    card = measured.first.fingerprint.get("device_hash") if per_card else None
    return name(measured.address, measured.digest, card)


def find(directory: Path, new: Measurement, *, per_card: bool = False) -> Result | None:
    """The baseline in a directory for a measurement's address and device, or None.

    One of the very card comes before one of all cards, which with ``per_card`` does not count.

    Raises InputError if the file is not a baseline, or one of something else.
    """
    names = [name_of(new, per_card=True), *(() if per_card else (name_of(new),))]
    path = next((directory / name for name in names if os.path.exists(directory / name)), None)
    if path is None:
        return None
    kept = read_result(path)
    if (kept.address, kept.digest) != (new.address, new.digest):
        raise InputError(
            f"this file's name promises a baseline of {new.address} on this device, but it is one "
            f"of {kept.address} on {kept.device_name}",
            place=str(path),
            hint="delete it, and write the baselines of both again with `gpu_bench baseline`",
        )
    return kept


def of_cards(directory: Path, base: Result) -> list[Result]:
    """The baselines of several cards of one kind that measured the same code as ``base``.

    That is what they show by the commit that each was made at. Damaged ones are left out.
    """
    kept: dict[str, Result] = {}
    for path in sorted(directory.glob(name(base.address, base.digest, "*"))):
        try:
            baseline = read_result(path)
        except InputError:
            continue
        card = baseline.fingerprint.get("device_hash")
        if card and baseline.digest == base.digest and is_same_code(base, baseline):
            kept[card] = baseline
    return list(kept.values())


def other_devices(directory: Path, new: Measurement) -> list[str]:
    """The devices that there is a baseline of the same address for.

    A damaged one stands for its device by its path: that is for a run on that device to report.
    """
    devices = []
    for path in sorted(directory.glob(name(new.address, "*"))):
        try:
            devices.append(read_result(path).device_name)
        except InputError:
            devices.append(f"another device in {path}, which is damaged")
    return devices


def is_directory_of_baselines(path: Path) -> bool:
    """Whether a path is searched for a baseline, and not a result or a result's directory.

    So is a directory that is not there yet: nobody has kept a baseline in it.
    """
    if os.path.exists(path):
        return os.path.isdir(path) and not os.path.exists(path / RESULT)
    return path.suffix != ".json"


def text(measured: Measurement, revision: Revision | None = None) -> str:
    """The baseline of a measurement, with the revision that it was made at.

    Raises BaselineRefused with every reason against it.
    """
    reasons = [f"it ended early ({problem})" for problem in measured.problems]
    for number, process in enumerate(measured.processes):
        reasons += [f"process {number}: {disturbance}" for disturbance in process.disturbances]
    if reasons:
        raise BaselineRefused(
            f"no baseline is made from this measurement: {'; '.join(reasons)}",
            place=measured.place,
            hint="let the device cool down and stop what else runs on it, then measure again",
        )
    document = dict(measured.first.document)
    document["processes"] = [
        {**_reduced(process), "index": number}
        for number, process in enumerate(
            process for result in measured.results for process in result.document["processes"]
        )
    ]
    if revision is not None:
        document["revision"] = dataclasses.asdict(revision)
    if document.get("output") is not None:
        document["output"] = {**document["output"], "stable": measured.stable}
    return f"{_layout(document, 0)}\n"


def _reduced(process: Mapping[str, Any]) -> dict[str, Any]:
    reduced = dict(process)
    reduced["warmup"] = {key: value for key, value in process["warmup"].items() if key != "times"}
    gaps = np.array([gap for sample in process["samples"] for gap in sample["inter_token"]], float)
    if quantiles := gap_quantiles(gaps):
        reduced["gap_quantiles"] = {
            name: [quantile.value, quantile.low, quantile.high]
            for name, quantile in quantiles.items()
        }
    reduced["samples"] = [_reduced_sample(sample) for sample in process["samples"]]
    if process["telemetry"] is not None:
        reduced["telemetry"] = {**process["telemetry"], "readings": []}
    return reduced


def _reduced_sample(sample: Mapping[str, Any]) -> dict[str, Any]:
    sample = {name: value for name, value in sample.items() if name != "requests"}
    gaps = sorted(sample["inter_token"])
    if not gaps:
        return sample
    middle = len(gaps) // 2
    median = (gaps[middle] + gaps[-middle - 1]) // 2
    return {**sample, "inter_token": [], "inter_token_median": median}


def _layout(value: Any, depth: int) -> str:
    """JSON with what holds no further lists and objects on one line: a sample, a row of tokens."""
    inner, outer = "  " * (depth + 1), "  " * depth
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not any(isinstance(part, (dict, list)) and part for part in parts):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    if isinstance(value, dict):
        lines = [
            f"{inner}{json.dumps(key, ensure_ascii=False)}: {_layout(part, depth + 1)}"
            for key, part in value.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{outer}}}"
    return "[\n" + ",\n".join(inner + _layout(part, depth + 1) for part in value) + f"\n{outer}]"
