from __future__ import annotations

import array_api_strict
import numpy as np
import pytest

from qvecsim import arrays


@pytest.fixture(params=[np, array_api_strict, "cuda"], ids=["numpy", "strict", "cuda"])
def xp(request):
    """The library that computes: NumPy, the array API to the letter, which fails where CuPy would, and CuPy."""
    return library_of(request)


def library_of(request):
    """CuPy only where a device answers."""
    if request.param != "cuda":
        return request.param
    if reason := arrays._why_not():
        pytest.skip(f"no CUDA: {reason}")
    return arrays.module("cuda")


@pytest.fixture
def rng():
    """Draws of a test; the same every time."""
    return np.random.default_rng(2024)
