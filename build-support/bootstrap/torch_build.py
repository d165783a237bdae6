"""Which lock the `ml` resolve takes where there is no accelerator."""

import os
import re
import subprocess
import sys

from messages import note
from pip_settings import install_environment, read_pip_options

_CPU_BUILD = re.compile(r"^torch==(\S+\+cpu)\b", re.MULTILINE)
_SECONDS = 60


def choose(python, lock, python_version="3.11"):
    """Returns "cpu" where the CPU build that `lock` pins can be had, else "cuda".

    PyTorch publishes its CPU builds for Linux on an index of its own, which pip may not be
    configured for. The default build serves there too, only with gigabytes of CUDA beside it.

    Args:
        python: an interpreter with pip.
        lock: the resolve's lock for machines without an accelerator.
        python_version: the version of Python that the resolve is for.
    """
    if not sys.platform.startswith("linux") or not os.path.isfile(lock):
        return "cpu"
    with open(lock) as handle:
        pin = _CPU_BUILD.search(handle.read())
    if pin is None:
        return "cpu"
    versions = _available(python, python_version)
    # Without an answer, the build that the machine's wheels or caches may still have.
    if versions is None or pin.group(1) in versions:
        return "cpu"
    note(
        "pip finds no torch {}; the default build is used, which brings CUDA along".format(
            pin.group(1)
        ),
        "add PyTorch's index of CPU builds to pip's extra-index-url, and run ./pants again",
    )
    return "cuda"


def _available(python, python_version):
    """The versions of torch that pip finds, or None if pip does not say."""
    command = [python, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += ["--retries", "1", "index", "versions", "torch", "--only-binary", ":all:"]
    command += ["--python-version", python_version]
    try:
        result = subprocess.run(
            command,
            env=install_environment(read_pip_options(python), os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None
    found = re.search(r"^Available versions: (.+)$", result.stdout, re.MULTILINE)
    return None if found is None else found.group(1).split(", ")
