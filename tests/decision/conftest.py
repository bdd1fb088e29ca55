from __future__ import annotations

import array_api_strict
import numpy as np
import pytest

from qvecsim import arrays

# A device beside them where one answers; tests/decision/branch/test_backends.py says when none does.
LIBRARIES = {"numpy": np, "strict": array_api_strict} | ({} if arrays._why_not() else {"cuda": arrays.module("auto")})


@pytest.fixture(params=LIBRARIES.values(), ids=LIBRARIES)
def xp(request):
    """The library that computes: NumPy, the array API to the letter, which fails where CuPy would, and CuPy itself."""
    return request.param


@pytest.fixture
def rng():
    """Draws of a test; the same every time."""
    return np.random.default_rng(2024)
