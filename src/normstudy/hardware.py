"""What this machine computes with, found without importing torch where that is possible: its import takes seconds."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

ARITHMETIC = (
    *("ONEDNN_MAX_CPU_ISA", "ONEDNN_CPU_ISA_HINTS", "ONEDNN_DEFAULT_FPMATH_MODE"),
    *("DNNL_MAX_CPU_ISA", "DNNL_CPU_ISA_HINTS", "DNNL_DEFAULT_FPMATH_MODE"),
    *("MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "MKL_DEBUG_CPU_TYPE", "OMP_DYNAMIC", "OMP_THREAD_LIMIT"),
    *("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"),
)
"""Variables of the environment by which the libraries of torch round otherwise; torch tells of none of them."""


def arithmetic() -> str:
    """Those of `ARITHMETIC` that are set: `MKL_CBWR=AVX2 ONEDNN_MAX_CPU_ISA=AVX2`."""
    return " ".join(f"{name}={os.environ[name]}" for name in sorted(ARITHMETIC) if os.environ.get(name))


def cores() -> int:
    """How many CPU cores this process may use: no more than its container's quota or its job's share of the machine."""
    from joblib import cpu_count

    return cpu_count()


def processor() -> str:
    """The name of the CPU."""
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        with suppress(OSError, subprocess.SubprocessError):
            return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


@cache
def has_cuda() -> bool:
    """Whether torch can use a GPU here; without NVIDIA's driver it cannot."""
    try:
        ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return False
    import torch

    return torch.cuda.is_available()


def best_precision(device: str, cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """`bf16` on a CPU on which an epoch takes less time in it, else `fp32`.

    These are processors that multiply bf16 in tiles (AMX), and AMD's with AVX-512 bf16 (Zen 4 and later), whose
    units take it at full width. On Intel's with AVX-512 bf16 alone a step takes longer than in fp32. `make bench`
    measures it on the processor at hand. A GPU is not filled by a network of this size in either.
    """
    try:
        flags = cpuinfo.read_text().split() if device == "cpu" else []
    except OSError:  # not Linux
        flags = []
    pays = "amx_bf16" in flags or ("AuthenticAMD" in flags and "avx512_bf16" in flags)
    return "bf16" if pays else "fp32"
