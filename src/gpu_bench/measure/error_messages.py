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
        """Whether the message, as ``with_codes_in_words`` has it, has this cause."""
        return any(re.search(pattern, text, re.IGNORECASE) for pattern in self.patterns)


# What the runtime calls `cudaErrorNoDevice` is `CUDA_ERROR_NO_DEVICE` to the driver.
_CODE = re.compile(r"\b(?:cuda|hip|nccl)Error(\w+)|\b(?:CUDA|HIP)_ERROR_(\w+)")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def with_codes_in_words(text: str) -> str:
    """The message, followed by its error codes as words: `error no device`."""
    words = (
        " ".join(_WORD.findall(camel or capitals.upper())).lower()
        for camel, capitals in _CODE.findall(text)
    )
    return " ".join([text, *(f"(error {code})" for code in words)])


# What a rank says if others are gone or do not answer, so that the cause is to be found there.
ANOTHER_RANK = Meaning(
    DeviceLost,
    "another rank ended or does not answer: {}",
    "look for what the other ranks say in the log; NCCL_DEBUG=INFO shows how their devices are "
    "connected",
    (
        r"gloo.*(connection (closed|reset) by peer|timed out|broken pipe|socket)",
        r"nccl ?remote ?error",
        r"watchdog caught collective operation timeout",
        r"some NCCL operations have failed or timed out",
        r"NCCL communicator (was|has been) aborted",
        r"NCCL (communicator )?(operation )?timed? ?out",
        r"store->\w+\(.*\) got error",
        r"failed to recv, got 0 bytes",
        r"waiting for clients\. \d+/\d+ clients joined",
        r"client socket has (timed out|failed)",
        r"wait timeout after \d+ms, keys:",
    ),
)
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
            r"memory allocation failed|\(error memory allocation\)",
            r"failed to CUDA (c|m)alloc",
            r"std::bad_alloc",
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
            r"no (kernel image|binary) for (device|gpu)",
            r"unsupported ptx version",
            r"PTX JIT compilation was disabled",
            r"unsupported gpu architecture|invalid value for --gpu-architecture",
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
            r"undefined symbol: ",
            r"version `[\w.]+' not found",
            r"failed to open lib\S+\.so",
            r"jit compiler (library )?not found",
            r"cannot find ptxas",
            r"VERSION_MISMATCH|(cuDNN|NCCL|CUDA) version incompatib",
            r"RUNTIME_PREREQUISITE_MISSING",
            r"failed to find C compiler",
            r"no working C\+\+ compiler",
            r"cannot find a working triton installation",
            r"(Python|cuda\w*|cudnn\w*|nvrtc|hip/\w+)\.h: No such file",
            r"cannot find -lcuda",
            r"distributed package doesn't have \w+ built in",
        ),
    ),
    Meaning(
        NoAccelerator,
        "ranks cannot exchange data on this machine: {}",
        "give a container more shared memory (`--shm-size`) and the network interface `lo`; "
        "NCCL_DEBUG=INFO shows what fails, and NCCL_P2P_DISABLE=1 avoids transfers between devices",
        (
            r"creating shared memory segment|/dev/shm/nccl",
            r"no socket interface found|no interface found",
            r"Cuda failure (\d+ )?'peer access is not supported",
            r"nccl ?internal ?error",
        ),
    ),
    Meaning(
        NoAccelerator,
        "the device or its driver cannot be used: {}",
        "compare `nvidia-smi` with `python -m torch.utils.collect_env`; look for other users of "
        "the device, and on machines with NVSwitch for the fabric manager",
        (
            r"no (CUDA|HIP|ROCm)-capable device",
            r"no (NVIDIA|CUDA|HIP|ROCm|XPU) (driver|GPUs?|devices?)\b",
            r"\(error no device\)",
            r"(driver|device) initialization failed",
            r"unexpected error from (cuda|hip|sycl)GetDeviceCount",
            r"busy or unavailable|devices unavailable|device already in use",
            r"stub library",
            r"\bMPS (server|client|control daemon|connection|rpc)",
            r"not supported in the installed CUDA driver|call requires newer driver",
            r"system (not ready|driver mismatch)|insufficient driver|compat not supported",
            r"nccl ?system ?error",
            r"driver version is insufficient",
            r"no GPUs found",
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
    ANOTHER_RANK,
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
            r"\b(CUDA|HIP|Triton) (error|failure)( \[\w+\])?:? '?unknown\b|\(error unknown\)",
            r"device lost|ecc uncorrectable|nvlink uncorrectable|external device",
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
            r"\b(InductorError|BackendCompilerFailed|LoweringException)\b",
            r"triton\.compiler\.errors|^CompilationError: at \d+:\d+",
            r"error: 'tt\.\w+' op |LLVM ERROR: ",
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
    r"(CUDA|HIP|XPU|NCCL)( driver)? error|Triton Error|cuDNN"
    r"|(CUBLAS|CUDNN|CUSOLVER|CUSPARSE|CUFFT|HIPBLAS|ROCBLAS)_"
)


def meaning(text: str) -> Meaning | None:
    """The cause that a message is known to have, beyond the measured code."""
    text = with_codes_in_words(text)
    return next((candidate for candidate in MEANINGS if candidate.fits(text)), None)


def code_hint(text: str) -> str:
    """What to do about a fault of the measured code on the device; empty if nothing is known."""
    hints = (hint for pattern, hint in CODE_HINTS.items() if re.search(pattern, text))
    return next(hints, "")
