"""What a machine is found to have."""

import subprocess
import sys

import pytest

from normstudy.hardware import best_precision


@pytest.mark.parametrize(
    ("vendor", "flags", "expected"),
    [
        ("GenuineIntel", "fpu sse2 avx512f avx512_bf16 amx_bf16 amx_tile", "bf16"),
        ("GenuineIntel", "fpu sse2 avx512f avx512_bf16", "fp32"),  # instructions, but no tiles
        ("AuthenticAMD", "fpu sse2 avx512f avx512_bf16", "bf16"),
        ("AuthenticAMD", "fpu sse2 avx512f", "fp32"),
        ("GenuineIntel", "fpu sse2 avx2", "fp32"),
        ("", "", "fp32"),
    ],
)
def test_bf16_where_it_is_faster(tmp_path, vendor, flags, expected):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nvendor_id\t: {vendor}\nflags\t\t: {flags}\nbugs\t\t:\n")
    assert best_precision("cpu", cpuinfo) == expected
    assert best_precision("cuda", cpuinfo) == "fp32"


def test_where_linux_says_nothing_it_is_fp32(tmp_path):
    assert best_precision("cpu", tmp_path / "absent") == "fp32"


def test_parameters_are_resolved_without_torch_where_there_is_no_gpu():
    """`make report` with nothing to do must not wait for torch."""
    code = (
        "import sys; from normstudy.config import Config, resolve; resolve(Config(), 'digits'); "
        "from normstudy.hardware import has_cuda; print(has_cuda() or 'torch' not in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "True"
