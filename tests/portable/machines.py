"""Computers that this one can imitate: instruction sets, BLAS paths, numbers of threads."""

from __future__ import annotations

NATIVE = {"COURSE_NUMERICS": "native", "COURSE_DEVICE": "cpu"}
"""Under all of them: the settings of conftest.py for other tests stay out of the way."""

LOW = {
    "ATEN_CPU_CAPABILITY": "default",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "OPENBLAS_CORETYPE": "Prescott",
}
"""PyTorch's own loops, its convolutions, its matrix products, NumPy's: no AVX in any."""

AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}

MACHINES: dict[str, dict[str, str]] = {
    "native": {"OMP_NUM_THREADS": "2"},
    "native-1": {"OMP_NUM_THREADS": "1"},
    "avx2-4": AVX2 | {"OMP_NUM_THREADS": "4", "MKL_DYNAMIC": "FALSE"},  # else no more than cores
    "loops": {"ATEN_CPU_CAPABILITY": "default", "OMP_NUM_THREADS": "2"},
    "compatible": {"MKL_CBWR": "COMPATIBLE", "OMP_NUM_THREADS": "1"},
    "low": LOW | {"MKL_CBWR": "COMPATIBLE", "OMP_NUM_THREADS": "1"},
}
"""Name -> environment. On a processor without AVX2 leave out `avx2-4`."""

SWITCHES = sorted({name for machine in MACHINES.values() for name in machine} | {"MKL_NUM_THREADS"})


def environment(machine: str, around: dict[str, str]) -> dict[str, str]:
    """The variables `around`, without what would imitate another machine, with what this one needs.

    Raises:
        ValueError: there is no such machine.
    """
    if machine not in MACHINES:
        raise ValueError(f"machines: there is no {machine!r}; allowed are {', '.join(MACHINES)}")
    kept = {name: value for name, value in around.items() if name not in SWITCHES}
    return kept | NATIVE | MACHINES[machine]
