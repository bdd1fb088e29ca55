"""The one door to CuPy: which array library computes, and how numbers get to it and back.

The quantum and the learning code names no library. It asks its arrays for one and uses what NumPy, CuPy and the
array API standard have in common, so that one source runs on a processor and on a graphics card.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qvecsim.errors import ScenarioError, did_you_mean

Array = Any  # of NumPy, CuPy or another library of the array API; no common type is to be had
Library = Any  # the module that makes such arrays

DEVICES = ("auto", "cpu", "cuda")


def module(device: str = "auto", key: str = "device") -> Library:
    """NumPy or CuPy. ``auto`` takes a CUDA device if one answers; importing CuPy succeeds without, so that is asked.

    Whether it pays nobody can know beforehand, so ``auto`` goes by presence alone. ``key`` is what an error names.
    """
    if device not in DEVICES:
        raise ScenarioError(f"'{key}' must be auto, cpu or cuda (got '{device}'). {did_you_mean(device, DEVICES)}")
    if device == "cpu":
        return np
    reason = _why_not()
    if reason and device == "cuda":
        raise ScenarioError(f"'{key}' must be auto or cpu on this machine (got 'cuda'): {reason}")
    return np if reason else _cupy()


def namespace(*arrays: Array) -> Library:
    """The library that made these arrays, which must be one and the same."""
    if all(type(array) is np.ndarray for array in arrays) and arrays:
        return np
    libraries = {_library(array) for array in arrays}
    if len(libraries) != 1:
        names = ", ".join(sorted(library.__name__ for library in libraries)) or "none"
        raise TypeError(f"Arrays must come from one library (got {names}). arrays.to_host and asarray move them.")
    return libraries.pop()


def to_host(array: Array) -> NDArray[Any]:
    """The same numbers as a NumPy array."""
    library = _library(array)
    if library is np:
        return np.asarray(array)
    if library.__name__ == "cupy":
        host: NDArray[Any] = library.asnumpy(array)
        return host
    return np.from_dlpack(array)


def writes_in_place(library: Library) -> bool:
    """Whether its functions take ``out=`` and its calls are cheap, so that loops over buffers pay: NumPy alone."""
    return library is np


def cumulative(array: Array) -> Array:
    """Running sums along the last axis; the standard and NumPy before 2.1 call it by different names."""
    library = namespace(array)
    if hasattr(library, "cumulative_sum"):
        return library.cumulative_sum(array, axis=-1)
    return library.cumsum(array, axis=-1)


def swapped(array: Array) -> Array:
    """The last two axes exchanged."""
    library = namespace(array)
    return array.swapaxes(-1, -2) if library is np else library.moveaxis(array, -1, -2)  # which takes NumPy longer


def _library(array: Array) -> Library:
    name = type(array).__module__.partition(".")[0]
    if name == "numpy":
        return np
    if name == "cupy":
        return sys.modules["cupy"]
    if not hasattr(array, "__array_namespace__"):
        raise TypeError(f"Arrays must be of NumPy, CuPy or the array API (got {type(array).__name__}).")
    return array.__array_namespace__()


def _why_not() -> str:
    """Why CUDA cannot be used; nothing if it can."""
    if find_spec("cupy") is None:
        return "CuPy is not installed. Try: pip install 'qvecsim[cuda]'."
    try:
        return "" if _cupy().cuda.is_available() else "no CUDA device answers."
    except Exception as error:  # a broken driver raises what it likes, some wheels already while importing
        return f"CuPy cannot be used ({type(error).__name__}: {error})."


def _cupy() -> Library:
    import cupy

    return cupy
