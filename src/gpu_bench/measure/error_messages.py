"""What the messages of CUDA, its libraries and compilers mean: whose fault it is.

A message counts as the machine's or the environment's only if it is known to be. All others are of
the measured code: a kernel that goes astray must not read as a broken device.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gpu_bench.core.errors import (
    CompileFailed,
    DeviceLost,
    MissingPackage,
    NoAccelerator,
    OutOfMemory,
)
from toolkit.errors import ToolError


@dataclass(frozen=True)
class Meaning:
    """A cause: the error that it is, its message with room for what was raised, and a hint.

    ``patterns`` are searched for in the raised message, ignoring case.
    """

    error: type[ToolError]
    message: str
    hint: str
    patterns: tuple[str, ...]

    def fits(self, text: str) -> bool:
        """Whether the message has this cause."""
        return any(re.search(pattern, text, re.IGNORECASE) for pattern in self.patterns)


# The first that fits counts.
MEANINGS = (
    # A library whose handle cannot be created is nearly always out of memory: torch's allocator has
    # taken it all.
    Meaning(
        OutOfMemory,
        "the device's memory did not suffice: {}",
        "lower `batch_size`, `sequence_length` or `num_tokens`, or choose a smaller dtype",
        (
            r"out of memory",
            r"(can't|cannot|failed to) allocate memory",
            r"STATUS_(\w+_)?ALLOC(ATION)?_FAILED",
            r"(CUBLAS|CUDNN|CUSOLVER|CUSPARSE|HIPBLAS|ROCBLAS)_STATUS_NOT_INITIALIZED",
            r"OUT_OF_(DEVICE|HOST)_MEMORY",
        ),
    ),
    Meaning(
        MissingPackage,
        "torch or an extension has no code for this device: {}",
        "install builds for the device's compute capability, and a driver that is new enough",
        (
            r"no kernel image is available",
            r"device kernel image is invalid",
            r"provided PTX was compiled with an unsupported toolchain",
            r"NoBinaryForGpu",
            r"STATUS_ARCH_MISMATCH",
        ),
    ),
    Meaning(
        MissingPackage,
        "a library or a compiler is missing or of another version: {}",
        "install what the message names where the benchmark runs; for compilation, a C and C++ "
        "compiler, Triton and the headers of Python",
        (
            r"not compiled with CUDA",
            r"cannot open shared object file",
            r"VERSION_MISMATCH",
            r"RUNTIME_PREREQUISITE_MISSING",
            r"failed to find C compiler",
            r"no working C\+\+ compiler",
            r"cannot find a working triton installation",
            r"Python\.h: No such file",
            r"cannot find -lcuda",
        ),
    ),
    Meaning(
        NoAccelerator,
        "the device or its driver cannot be used: {}",
        "compare `nvidia-smi` with `python -m torch.utils.collect_env`; look for other users of "
        "the device, and on machines with NVSwitch for the fabric manager",
        (
            r"no (CUDA|HIP)-capable device",
            r"no (NVIDIA|CUDA|HIP) (driver|GPUs)",
            r"busy or unavailable",
            r"driver version is insufficient",
            r"driver .*is too old",
            r"system not yet initialized",
            r"unsupported display driver / cuda driver combination",
            r"forward compatibility was attempted on non supported HW",
            r"driver/library version mismatch",
            r"CUDA unknown error",
            r"CUDA error: initialization error",
            r"only supports? \w+ GPUs or newer",
            r"too old to be supported by the triton",
        ),
    ),
    Meaning(
        DeviceLost,
        "the device stopped answering: {}",
        "look for Xid messages in the kernel's log, then run the benchmark again",
        (
            r"ECC error",
            r"GPU is lost",
            r"fallen off the bus",
            r"over nvlink or a hardware error",
            r"NVLink error",
            r"DEVICE_LOST",
            r"CUDA error: unknown error",
            r"requires a reset|GPU requires reset",
        ),
    ),
    Meaning(
        CompileFailed,
        "torch.compile failed: {}",
        "set `compile_mode` to null to measure the model without it",
        (
            r"PassManager::run failed",
            r"ptxas (fatal|error)|PTXASError",
            r"C\+\+ compile (failed|error)",
            r"out of resource: ",
            r"No valid triton configs",
        ),
    ),
)
# Hints for what the measured code does wrong on the device.
CODE_HINTS = {
    r"captur": "a CUDA graph cannot hold this operation: use a `compile_mode` without CUDA graphs, "
    "such as `default` or `max-autotune-no-cudagraphs`",
    r"No available kernel": "no kernel of sdpa fits: omit `sdpa_backend`, or choose another one; "
    "the log says why",
    r"launch timed out": "a device that drives a display ends long kernels: measure on another one",
    r"device-side assert|illegal memory access|misaligned address|unspecified launch failure": (
        "run the model alone with CUDA_LAUNCH_BLOCKING=1 to see which operation it is"
    ),
}
# What the device or one of its libraries raised.
OF_THE_DEVICE = re.compile(
    r"(CUDA|HIP) error|(CUBLAS|CUDNN|CUSOLVER|CUSPARSE|CUFFT|HIPBLAS|ROCBLAS)_|Triton Error|cuDNN"
)


def meaning(text: str) -> Meaning | None:
    """The cause that a message is known to have, beyond the measured code."""
    return next((candidate for candidate in MEANINGS if candidate.fits(text)), None)


def code_hint(text: str) -> str:
    """What to do about a fault of the measured code on the device; empty if nothing is known."""
    hints = (hint for pattern, hint in CODE_HINTS.items() if re.search(pattern, text))
    return next(hints, "")
