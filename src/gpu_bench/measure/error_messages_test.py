"""Messages as CUDA 12 and 13, torch 2.13, cuDNN 9, Triton 3 and ROCm 6 write them."""

from __future__ import annotations

import pytest

from gpu_bench.core.errors import kind_of
from gpu_bench.measure.problems import problem_of

MESSAGES = {
    "out_of_memory": (
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 139.81 GiB",
        "CUDA error: out of memory",
        "HIP out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 63.98 GiB",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED",
        "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED",
        "cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`",
        "Triton Error [CUDA]: out of memory",
        "[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory",
        "InductorError: OutOfMemoryError: CUDA out of memory. Tried to allocate 31.25 GiB",
        "Native API failed. Native API returns: 39 (UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY)",
        "CUDA driver error: out of memory",
        "Last error: Failed to CUDA calloc async 608 bytes",
        "ncclUnhandledCudaError: Call to CUDA function failed. Last error: Cuda failure 2 'out of "
        "memory'",
        "cuMemCreate failed with CUDA_ERROR_OUT_OF_MEMORY",
        "cudaMalloc returned cudaErrorMemoryAllocation",
        "hipMalloc returned hipErrorOutOfMemory",
        "XPU out of memory. Tried to allocate 3.91 GiB. GPU 0 has a total capacity of 15.91 GiB.",
        "std::bad_alloc",
    ),
    "missing_package": (
        "CUDA error: no kernel image is available for execution on the device",
        "CUDA error: device kernel image is invalid",
        "CUDA error: the provided PTX was compiled with an unsupported toolchain.",
        "Triton Error [CUDA]: device kernel image is invalid",
        "CUDA error: CUBLAS_STATUS_ARCH_MISMATCH when calling `cublasGemmEx(handle)`",
        "hipErrorNoBinaryForGpu: Unable to find code object for all current devices!",
        "Torch not compiled with CUDA enabled",
        "libcudnn_ops.so.9: cannot open shared object file: No such file or directory",
        "cuDNN error: CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH",
        "cuDNN error: CUDNN_STATUS_RUNTIME_PREREQUISITE_MISSING",
        "Failed to find C compiler. Please specify via CC environment variable or set triton.knobs",
        "No working C++ compiler found in torch._inductor.config.cpp.cxx: (None, 'g++')",
        "Cannot find a working triton installation. Either the package is not installed or it is",
        "/tmp/tmpq/main.c:6:10: fatal error: Python.h: No such file or directory",
        "/usr/bin/ld: cannot find -lcuda: No such file or directory",
        "CUDA error: PTX JIT compiler library not found",
        "CUDA error: PTX JIT compilation was disabled",
        "cuModuleLoadData failed: CUDA_ERROR_NO_BINARY_FOR_GPU",
        "cudaErrorUnsupportedPtxVersion",
        "nvrtc: error: failed to open libnvrtc-builtins.so.13.0.",
        "nvrtc: error: invalid value for --gpu-architecture (-arch)",
        "nvcc fatal   : Unsupported gpu architecture 'compute_120'",
        "/usr/lib/libc10_cuda.so: undefined symbol: cudaGetDriverEntryPointByVersion",
        "version `GLIBCXX_3.4.32' not found (required by cuda_utils.so)",
        "cuDNN version incompatibility: PyTorch was compiled  against (9, 12, 0) but found runtime",
        "fatal error: cuda.h: No such file or directory",
        "Cannot find ptxas",
        "Distributed package doesn't have NCCL built in",
    ),
    "no_accelerator": (
        "CUDA error: no CUDA-capable device is detected",
        "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU",
        "No CUDA GPUs are available",
        "No HIP GPUs are available",
        "CUDA error: CUDA-capable device(s) is/are busy or unavailable",
        "CUDA error: all CUDA-capable devices are busy or unavailable",
        "CUDA error: CUDA driver version is insufficient for CUDA runtime version",
        "The NVIDIA driver on your system is too old (found version 11040).",
        "CUDA error: system not yet initialized",
        "CUDA error: system has unsupported display driver / cuda driver combination",
        "CUDA error: forward compatibility was attempted on non supported HW",
        "Failed to initialize NVML: Driver/library version mismatch",
        "CUDA unknown error - this may be due to an incorrectly set up environment",
        "CUDA error: initialization error",
        "FlashAttention only supports Ampere GPUs or newer.",
        "CUDA driver initialization failed, you might not have a CUDA gpu.",
        "CUDA error: CUDA driver is a stub library",
        "CUDA error: MPS client failed to connect to the MPS control daemon or the MPS server",
        "CUDA error: the remote procedural call between the MPS server and the MPS client failed",
        "CUDA error: exclusive-thread device already in use by a different thread",
        "CUDA error: API call is not supported in the installed CUDA driver",
        "cuInit failed: CUDA_ERROR_NO_DEVICE",
        "Error 804: cudaErrorCompatNotSupportedOnDevice",
        "Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions",
        "Unexpected error from hipGetDeviceCount(). Error 101: hipErrorInvalidDevice",
        "HIP error: no ROCm-capable device is detected",
        "No XPU devices are available.",
        "ncclSystemError: System call (e.g. socket, malloc) or external library call failed",
        "ncclSystemError: System call (e.g. socket, malloc) or external library call failed or "
        "device error. Last error: Error while creating shared memory segment /dev/shm/nccl-mG",
        "ncclInternalError: Internal check failed. Last error: Attribute busid not found",
        "NCCL error in: ProcessGroupNCCL.cpp:1275, internal error, NCCL version 2.19.3 "
        "ncclInternalError: Internal check failed.",
        "misc/socket.cc:50 NCCL WARN Bootstrap : no socket interface found",
        "ncclUnhandledCudaError: Call to CUDA function failed. Last error: Cuda failure 217 'peer "
        "access is not supported between these two devices'",
        "ncclUnhandledCudaError: Call to CUDA function failed. Last error: Cuda failure 'CUDA "
        "driver version is insufficient for CUDA runtime version'",
        "ProcessGroupNCCL is only supported with GPUs, no GPUs found!",
        "Found Tesla K80 which is too old to be supported by the triton GPU compiler",
    ),
    "device_lost": (
        "CUDA error: uncorrectable ECC error encountered",
        "CUDA error: Invalid access of peer GPU memory over nvlink or a hardware error",
        "CUDA error: uncorrectable NVLink error detected during the execution",
        "CUDA error: unknown error",
        "Triton Error [CUDA]: uncorrectable ECC error encountered",
        "Unable to determine the device handle for GPU0000:0B:00.0: GPU is lost.",
        "Unable to determine the device handle: GPU requires reset",
        "GPU has fallen off the bus.",
        "CUDA error: contained ECC error",
        "cuCtxSynchronize: CUDA_ERROR_ECC_UNCORRECTABLE",
        "cudaErrorUnknown",
        "CUDA error: an error occurred in an external device",
        "Triton Error [CUDA]: unknown error",
        "HIP error: device lost",
        "NCCL WARN Cuda failure 'unknown error'",
        "ncclRemoteError: A call failed possibly due to a network error",
        "ncclRemoteError: A call failed possibly due to a network error or a remote process "
        "exiting prematurely. Last error: socketPollConnect: Connect to ::1<51523> returned 113",
        "[Rank 0] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=83, "
        "OpType=ALLREDUCE, NumelIn=8192, Timeout(ms)=600000) ran for 600029 milliseconds",
        "[1] is setting up NCCL communicator and retrieving ncclUniqueId from [0] via c10d "
        "key-value store by key '0', but store->get('0') got error: Connection reset by peer",
        "NCCL communicator was aborted on rank 1.",
        "Some NCCL operations have failed or timed out. Due to the asynchronous nature of CUDA",
        "[third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer [127.0.0.1]",
        "[third_party/gloo/gloo/transport/tcp/unbound_buffer.cc:78] Timed out waiting 1800000ms "
        "for recv operation to complete",
        "Timed out after 61 seconds waiting for clients. 1/2 clients joined.",
        "The client socket has timed out after 60000ms while trying to connect to (::1, 29500).",
        "failed to recv, got 0 bytes",
        "Native API failed. Native API returns: 20 (UR_RESULT_ERROR_DEVICE_LOST)",
    ),
    "compile_failed": (
        "PassManager::run failed",
        "ptxas fatal   : Value 'sm_120a' is not defined for option 'gpu-name'",
        "InductorError: CppCompileError: C++ compile error",
        "out of resource: shared memory, Required: 262144, Hardware limit: 232448. Reducing block",
        "torch._inductor.exc.InductorError: LoweringException: NotImplementedError: no lowering",
        "torch._dynamo.exc.BackendCompilerFailed: backend='inductor' raised: AssertionError: -8",
        "triton.compiler.errors.CompilationError: at 12:15: tmp = tl.load(pointer)",
        "error: 'tt.load' op operation destroyed but still has uses",
        "LLVM ERROR: Cannot select: intrinsic %llvm.nvvm.shfl.sync.bfly.i32",
        "No valid triton configs. OutOfMemoryError: out of resource: triton_mm Required: 327680",
    ),
    "failed": (
        "CUDA error: out of range shared or local address",
        "CUDA error: cluster target block not present",
        "CUDA error: too many blocks in cooperative launch",
        "CUDA error: capturing stream has unjoined work",
        "CUDA error: an illegal memory access was encountered Search for `cudaErrorIllegalAddress'",
        "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
        "cuDNN Frontend error: [cudnn_frontend] Error: No valid engine configs found",
        "ncclInvalidUsage: This usually reflects invalid usage of NCCL library.",
        "ncclInvalidArgument: Invalid value for an argument.",
        "ncclUnhandledCudaError: Call to CUDA function failed. Last error: Cuda failure 700 'an "
        "illegal memory access was encountered'",
        "Connection reset by peer",
        "Duplicate GPU detected : rank 1 and rank 0 both on CUDA device 3b000",
        "Error: accessing tensor output of CUDAGraphs that has been overwritten by a later run.",
        "Expected all tensors to be on the same device, but found at least two devices",
        "ValueError: unknown activation function",
        "KeyError: unknown",
        "the tokenizer ran out of tokens; memory of the cache is shared",
        "CUDA error: device-side assert triggered",
        "CUDA error: an illegal memory access was encountered",
        "CUDA error: misaligned address",
        "CUDA error: an illegal instruction was encountered",
        "CUDA error: invalid program counter",
        "CUDA error: hardware stack error",
        "CUDA error: unspecified launch failure",
        "CUDA error: the launch timed out and was terminated",
        "CUDA error: invalid configuration argument",
        "CUDA error: invalid argument",
        "CUDA error: invalid device ordinal",
        "CUDA error: invalid device function",
        "CUDA error: named symbol not found",
        "CUDA error: too many resources requested for launch",
        "CUDA error: operation not supported",
        "CUDA error: operation not permitted when stream is capturing",
        "CUDA error: operation failed due to a previous error during capture",
        "CUDA error: dependency created on uncaptured work in another stream",
        "CUDA error: peer access is not supported between these two devices",
        "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasGemmEx(handle, opa)`",
        "CUDA error: CUBLAS_STATUS_INVALID_VALUE when calling `cublasGemmStridedBatchedEx(handle)`",
        "CUDA error: CUBLAS_STATUS_NOT_SUPPORTED when calling `cublasLtMatmulAlgoGetHeuristic`",
        "CUDA error: CUBLAS_STATUS_INTERNAL_ERROR when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
        "cuDNN error: CUDNN_STATUS_NOT_SUPPORTED. This error may appear if you passed",
        "cuDNN error: CUDNN_STATUS_BAD_PARAM",
        "cuDNN error: CUDNN_STATUS_MAPPING_ERROR",
        "cuFFT error: CUFFT_INTERNAL_ERROR",
        "Triton Error [CUDA]: an illegal memory access was encountered",
        "Triton Error [CUDA]: invalid argument",
        "HIP error: an illegal memory access was encountered",
        "FlashAttention only support fp16 and bf16 data type",
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and",
        "mat1 and mat2 shapes cannot be multiplied (16x64 and 128x64)",
        # Of nothing that is known: of the measured code.
        "CUDA error: a message of a release to come",
    ),
}


@pytest.mark.parametrize(
    ("kind", "message"),
    [(kind, message) for kind, messages in MESSAGES.items() for message in messages],
)
def test_a_message_has_its_kind(kind: str, message: str) -> None:
    problem = problem_of(RuntimeError(f"{message}\n\nCompile with `TORCH_USE_CUDA_DSA`"))
    assert kind_of(problem) == kind
    assert " ".join(message.split())[:30] in problem.message
    assert problem.hint


def test_there_are_enough_to_call_it_a_table() -> None:
    messages = [message for messages in MESSAGES.values() for message in messages]
    assert len(set(messages)) == len(messages) >= 80


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("CUDA error: operation not permitted when stream is capturing", "without CUDA graphs"),
        ("CUDA error: device-side assert triggered", "CUDA_LAUNCH_BLOCKING=1"),
        ("CUDA error: the launch timed out and was terminated", "measure on another one"),
    ],
)
def test_a_fault_of_the_code_comes_with_advice(message: str, hint: str) -> None:
    assert hint in problem_of(RuntimeError(message)).hint
