from __future__ import annotations

import array_api_strict
import numpy as np
import pytest


@pytest.fixture(params=[np, array_api_strict], ids=["numpy", "strict"])
def xp(request):
    """The library that computes: NumPy, and the array API to the letter, which fails where CuPy would."""
    return request.param


@pytest.fixture
def rng():
    """Draws of a test; the same every time."""
    return np.random.default_rng(2024)
