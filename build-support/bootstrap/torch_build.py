"""Which lock the `ml` resolve takes where there is no accelerator."""

import os
import re
import subprocess
import sys

from messages import note
from pip_settings import install_environment, read_pip_options

_CPU_BUILD = r"^{}==(\S+\+cpu)(?!\S)"
_SECONDS = 60
_INDEX = "add PyTorch's index of CPU builds to pip's extra-index-url, and run ./pants again"


def choose(python, lock, vision_lock, python_version="3.11"):
    """Returns "cpu" or "cpu-vision" where the CPU builds of a lock can be had, else "cuda".

    PyTorch publishes its CPU builds for Linux on an index of its own, which pip may not be
    configured for. The default build serves there too, only with gigabytes of CUDA beside it.
    A torchvision fits one build of torch alone: it is used only if its CPU build can be had, too.

    Args:
        python: an interpreter with pip.
        lock: the resolve's lock for machines without an accelerator.
        vision_lock: the same with torchvision.
        python_version: the version of Python that the resolve is for.
    """
    if not sys.platform.startswith("linux"):
        return "cpu-vision" if os.path.isfile(vision_lock) else "cpu"
    pin = _pin(lock, "torch")
    if pin is None:
        return "cpu"
    versions = _available(python, "torch", python_version)
    # Without an answer, the build that the machine's wheels or caches may still have.
    if versions is not None and pin not in versions:
        note(
            "pip finds no torch {}; the default build is used, which brings CUDA along".format(pin),
            _INDEX,
        )
        return "cuda"
    vision = _pin(vision_lock, "torchvision")
    if vision is None or versions is None:
        return "cpu"
    if vision in (_available(python, "torchvision", python_version) or ()):
        return "cpu-vision"
    note(
        "pip finds no torchvision {}; fixtures are built without processors of videos".format(
            vision
        ),
        _INDEX,
    )
    return "cpu"


def _pin(lock, package):
    """The CPU build of a package that a lock pins, or None."""
    if not os.path.isfile(lock):
        return None
    with open(lock) as handle:
        pin = re.search(_CPU_BUILD.format(package), handle.read(), re.MULTILINE)
    return None if pin is None else pin.group(1)


def _available(python, package, python_version):
    """The versions of a package that pip finds, or None if pip does not say."""
    command = [python, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += ["--retries", "1", "index", "versions", package, "--only-binary", ":all:"]
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
