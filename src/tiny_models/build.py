"""Builds fixtures: each in a directory beside its place, moved there when it is complete."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tiny_models import catalogue, companions
from tiny_models.errors import CheckFailed, FixtureError, InputError
from tiny_models.manifest import (
    NAME,
    FileEntry,
    Manifest,
    TensorEntry,
    digest_file,
    files_below,
    read_manifest,
)
from tiny_models.model_card import card
from tiny_models.packages import named_packages
from tiny_models.plans import Plan, plan
from tiny_models.request import FixtureRequest
from tiny_models.safetensors_header import read_header
from tiny_models.shrinking import shrink_class
from tiny_models.weight_files import SINGLE, read_tensors, write_weights
from tiny_models.weights import build_model


@dataclass(frozen=True)
class Built:
    """A finished fixture. ``record`` holds what the checks found; None when it was kept."""

    plan: Plan
    directory: str
    seconds: float
    record: dict[str, Any] | None


@dataclass(frozen=True)
class Outcome:
    """What became of a request: the finished fixtures, and why others could not be built."""

    built: tuple[Built, ...]
    problems: tuple[FixtureError, ...]


def build_request(
    fixtures: Sequence[FixtureRequest],
    output: str,
    report: Callable[[Built, int, int], None],
    report_problem: Callable[[FixtureError], None],
) -> Outcome:
    """Builds every fixture of a request below ``output`` that can be built.

    Every entry is planned before the first is built. One that fails stops no other.
    """
    problems: list[FixtureError] = []

    def failed(problem: FixtureError) -> None:
        problems.append(problem)
        report_problem(problem)

    plans = []
    for fixture in fixtures:
        try:
            plans += plan(fixture)
        except FixtureError as problem:
            failed(problem)
    plans = _distinct(plans, failed)
    done = []
    for number, each in enumerate(plans, start=1):
        try:
            done.append(build_fixture(each, output))
        except FixtureError as problem:
            failed(problem)
        else:
            report(done[-1], number, len(plans))
    return Outcome(tuple(done), tuple(problems))


def _distinct(plans: Sequence[Plan], failed: Callable[[FixtureError], None]) -> list[Plan]:
    """The plans without those that share a ``repo_id``, each group of which has failed."""
    by_repo_id: dict[str, list[Plan]] = {}
    for each in plans:
        if each.repo_id is not None:
            by_repo_id.setdefault(each.repo_id.lower(), []).append(each)
    clashing = [group for group in by_repo_id.values() if len(group) > 1]
    for group in clashing:
        titles = " and ".join(each.title for each in group)
        failed(
            InputError(
                f"{titles} have one repo_id: {group[0].repo_id}",
                hint="give each fixture a repo_id of its own",
            )
        )
    left_out = {each.path for group in clashing for each in group}
    return [each for each in plans if each.path not in left_out]


def build_fixture(wanted: Plan, output: str) -> Built:
    """Builds one fixture, or keeps the one that is there if its inputs are unchanged."""
    start = time.monotonic()
    directory = os.path.join(output, *wanted.path.split("/"))
    _require_inside(directory, output)
    if _is_current(directory, wanted):
        return Built(wanted, directory, time.monotonic() - start, None)
    parent = os.path.dirname(directory) or "."
    os.makedirs(parent, exist_ok=True)
    # Of this name, so that what an interrupted build left is found and removed.
    scratch = os.path.join(parent, f".building-{os.path.basename(directory)}")
    shutil.rmtree(scratch, ignore_errors=True)
    os.mkdir(scratch)
    try:
        record = _write(wanted, scratch)
        _put_in_place(scratch, directory)
    except FixtureError as problem:
        raise problem.at(wanted.title) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Built(wanted, directory, time.monotonic() - start, record)


def _require_inside(directory: str, output: str) -> None:
    root = os.path.realpath(output)
    if os.path.commonpath([root, os.path.realpath(directory)]) != root:
        raise InputError(
            f"a link leads from here out of {output}, to {os.path.realpath(directory)}",
            place=directory,
            hint="remove the link, or name another --output",
        )


def _is_current(directory: str, wanted: Plan) -> bool:
    try:
        manifest = read_manifest(directory)
        return manifest.request_digest == wanted.digest and all(
            digest_file(os.path.join(directory, name)) == entry
            for name, entry in manifest.files.items()
        )
    except (CheckFailed, OSError):
        return False


def _put_in_place(scratch: str, directory: str) -> None:
    """Renames; what was there before is gone only when the new one can take its place."""
    if not os.path.lexists(directory):
        os.rename(scratch, directory)
        return
    if not os.path.isdir(directory) or (
        os.listdir(directory) and not os.path.exists(os.path.join(directory, NAME))
    ):
        raise InputError(
            f"{directory} is in the way and is no fixture", hint="remove it, or choose another path"
        )
    old = tempfile.mkdtemp(prefix=".old-", dir=os.path.dirname(directory) or ".")
    try:
        os.rename(directory, os.path.join(old, "fixture"))
        os.rename(scratch, directory)
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _write(wanted: Plan, directory: str) -> dict[str, Any]:
    """Fills a directory with a fixture and checks it; returns the record of the checks."""
    from tiny_models import verification

    request = wanted.request
    with named_packages(wanted.architecture):
        own = _or_not_buildable(lambda: companions.own_parts(wanted))
        vocabulary = companions.write_tokenizer(wanted, own, directory)
        config = _or_not_buildable(
            lambda: shrink_class(
                wanted.config_class,
                architecture=wanted.architecture,
                vocabulary=vocabulary,
                overrides=request.config,
            )
        )
        model = _model(wanted, config)
    _start_decoding(model)
    companions.write_processors(wanted, own, config, directory)
    _save(model, directory, request.shards)
    parameters = sum(each.numel() for each in model.parameters())
    with open(os.path.join(directory, "README.md"), "w", encoding="utf-8") as file:
        file.write(card(wanted, parameters, catalogue.version()))
    manifest = describe(wanted, directory)
    with open(os.path.join(directory, NAME), "w", encoding="utf-8") as file:
        file.write(manifest.to_json())
    size = sum(each.size for each in manifest.files.values())
    if size > request.max_size:
        raise InputError(
            f"takes {size:,} bytes, more than max_size {request.max_size:,}",
            hint="override the sizes that are still large in `config`, or raise `max_size`",
        )
    try:
        record = verification.run_checks(model, wanted.model_class, directory, request.checks)
        if own is not None and "forward" in request.checks:
            record["processors"] = companions.try_processors(wanted, own, model, directory)
        return record
    except CheckFailed as problem:
        if request.config and not problem.hint:
            problem.hint = f"the overrides ({', '.join(sorted(request.config))}) may not fit"
        raise


def _or_not_buildable(step: Callable[[], Any]) -> Any:
    """What a step gives that runs the code of a config class, which may refuse tiny values."""
    try:
        return step()
    except (FixtureError, ImportError):
        raise
    except Exception as problem:
        raise _not_buildable(problem) from None


def _model(wanted: Plan, config: Any) -> Any:
    request = wanted.request
    # Half the bytes of float32, or all of them: never fewer parameters than fit the limit.
    most = max(1, request.max_size // (4 if request.dtype == "float32" else 2))
    try:
        return build_model(
            wanted.model_class, config, seed=request.seed, dtype=request.dtype, most=most
        )
    except (FixtureError, ImportError):
        raise
    except Exception as problem:
        if request.config:
            text = " ".join(str(problem).split())
            raise InputError(
                f"cannot be made with the overrides ({', '.join(sorted(request.config))}): "
                f"{type(problem).__name__}: {text:.300}",
                hint="the other fields have the tiny values; override what must fit together",
            ) from None
        raise _not_buildable(problem) from None


def _start_decoding(model: Any) -> None:
    """Lets decoders without a start of their own begin with the padding token, as T5's does."""
    generation = getattr(model, "generation_config", None)
    if generation is None or not getattr(model.config, "is_encoder_decoder", False):
        return
    if generation.decoder_start_token_id is None and generation.bos_token_id is None:
        generation.decoder_start_token_id = getattr(model.config, "pad_token_id", None)


def _not_buildable(problem: Exception) -> FixtureError:
    from tiny_models.coverage import describe as one_line

    return InputError(
        f"cannot be made: {one_line(problem)}",
        hint="`python -m tiny_models coverage` lists the classes that can; `config` may help",
    )


def _save(model: Any, directory: str, shards: int) -> None:
    """Writes config and weights; the weights again where several files are wanted."""
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch)
        tensors = {}
        for name in sorted(os.listdir(scratch)):
            path = os.path.join(scratch, name)
            if name.endswith(".safetensors"):
                tensors.update(read_tensors(path))
            elif name != f"{SINGLE}.index.json":
                shutil.copyfile(path, os.path.join(directory, name))
    write_weights(tensors, directory, shards)


def describe(wanted: Plan, directory: str) -> Manifest:
    """The manifest of a directory that is otherwise complete."""
    files: dict[str, FileEntry] = {}
    tensors: dict[str, TensorEntry] = {}
    for name in files_below(directory):
        if name == NAME:
            continue
        path = os.path.join(directory, name)
        files[name] = digest_file(path)
        if name.endswith(".safetensors"):
            for tensor, span in read_header(path).items():
                tensors[tensor] = TensorEntry(span.dtype, span.shape, name)
    return Manifest(
        address=wanted.request.address,
        repo_id=wanted.repo_id,
        model_type=wanted.model_type,
        architecture=wanted.architecture,
        seed=wanted.request.seed,
        dtype=wanted.request.dtype,
        transformers_version=catalogue.version(),
        request_digest=wanted.digest,
        files=files,
        tensors=tensors,
    )
