"""The command line: each command is a module of this folder, imported when it is needed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from toolkit.command_line import CommandLine

COMMAND_LINE = CommandLine(
    tool="tiny_models",
    description="Builds tiny, deterministic models for tests, offline.",
    commands=(
        "build",
        "group",
        "verify",
        "run",
        "publish",
        "architectures",
        "companions",
        "coverage",
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    program: list[str] = []
    if given[:1] == ["run"] and "--" in given:
        end = given.index("--")
        given, program = given[:end], given[end + 1 :]
    if given[:1] == ["publish"]:
        _keep_client_quiet()
    else:
        _be_offline()
    return COMMAND_LINE.main(given, argparse.Namespace(program=program))


def _be_offline() -> None:
    """Nothing is fetched; kernels are the same on every processor of a kind.

    These variables count only before the first import of what reads them.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Wider vector instructions round some initial constants otherwise.
    os.environ.setdefault("ATEN_CPU_CAPABILITY", "default")


def _keep_client_quiet() -> None:
    """Settings of huggingface_hub, which count only before its first import."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    # Fixtures are small: plain uploads serve, and keep no cache of chunks in the home directory.
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
