#!/usr/bin/env python3
"""Makes the lockfiles under 3rdparty/python again; needs `uv`.

    build-support/relock.py [RESOLVE…]

The locks are pip's requirements files: unlike the format that `pants generate-lockfiles` writes
they name no index, so that a mirror or a folder of wheels serves as well. All but `ml`, `formats`
and `images` are locked with hashes. Those are not, because torch has several builds of one release.
`ml` has three variants: `cuda` is what the index offers for Linux, with torchvision; `cpu-vision`
is the same less CUDA; `cpu` has no torchvision, whose CPU build PyTorch's own index alone has.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIRECTORY = ROOT / "3rdparty" / "python"
PLUGIN = ROOT / "rules" / "rules_transformers"
# The tools' own requirements and locks lie in the plugin, which ships them; those of this
# repository's backends, beside these.
TOOLS = {
    "gpu_bench": PLUGIN / "gpu_benchmark",
    "modular_converter": PLUGIN / "modular",
    "parent_finder": PLUGIN / "parents",
    "call_by_name": ROOT / "rules" / "internal" / "packaging",
    "sphinx": ROOT / "rules" / "internal" / "site",
}

PYTHON_OF = {
    "plugin": "3.9",
    "plugin-2.18": "3.9",
    "setuptools": "3.9",
    "tools": "3.11",
    "ml": "3.11",
    "formats": "3.11",
    "images": "3.11",
    "modular_converter": "3.10",
    "parent_finder": "3.11",
    "gpu_bench": "3.11",
    "call_by_name": "3.11",
    "sphinx": "3.11",
}

# What torch's Linux wheels need for CUDA only.
_CUDA_ONLY = re.compile(r"^(nvidia-|cuda-|triton==)")
_TORCH = re.compile(r"^(?P<package>torch|torchvision)==(?P<version>\S+)$")


def lock(requirements: Path, python: str, *options: str) -> str:
    """The text of a lock of `requirements` for `python` and every platform."""
    return subprocess.run(
        [
            *("uv", "pip", "compile", "--quiet", "--universal", "--no-header", "--no-annotate"),
            *("--no-config", "--python-version", python, *options, str(requirements)),
        ],
        check=True,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ).stdout


def cpu_variant(cuda_lock: str) -> str:
    """A lock without CUDA: on Linux its torch is the build whose version ends in `+cpu`.

    torchvision is compiled for one build of torch, and has the same label.
    """
    lines = []
    for line in cuda_lock.splitlines():
        torch = _TORCH.match(line)
        if torch:
            pin = f"{torch['package']}=={torch['version']}"
            lines.append(f"{pin}+cpu ; sys_platform == 'linux'")
            lines.append(f"{pin} ; sys_platform != 'linux'")
        elif not _CUDA_ONLY.match(line):
            lines.append(line)
    return "\n".join(lines) + "\n"


def main(resolves: list[str]) -> int:
    unknown = sorted(set(resolves) - set(PYTHON_OF))
    if unknown:
        print(f"unknown resolve: {unknown[0]}\nhint: {', '.join(PYTHON_OF)}", file=sys.stderr)
        return 2
    for resolve in resolves or PYTHON_OF:
        python = PYTHON_OF[resolve]
        if resolve == "ml":
            plain_lock = lock(DIRECTORY / "ml-requirements.txt", python)
            (DIRECTORY / "ml-cpu.lock").write_text(cpu_variant(plain_lock))
            cuda_lock = lock(DIRECTORY / "ml-vision-requirements.txt", python)
            (DIRECTORY / "ml-cuda.lock").write_text(cuda_lock)
            (DIRECTORY / "ml-cpu-vision.lock").write_text(cpu_variant(cuda_lock))
        elif resolve == "formats":
            # Its requirements name the lock of `ml` as a constraint.
            cuda_lock = lock(DIRECTORY / "formats-requirements.txt", python)
            (DIRECTORY / "formats.lock").write_text(cpu_variant(cuda_lock))
        elif resolve == "images":
            (DIRECTORY / "images.lock").write_text(
                lock(DIRECTORY / "images-requirements.txt", python)
            )
        else:
            directory = TOOLS.get(resolve, DIRECTORY)
            requirements = directory / f"{resolve}-requirements.txt"
            (directory / f"{resolve}.lock").write_text(
                lock(requirements, python, "--generate-hashes")
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
