from __future__ import annotations

import re
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import array_api_strict
import numpy as np
import pytest

import qvecsim
from qvecsim import arrays
from qvecsim.errors import ScenarioError

DECISION = Path(qvecsim.__file__).parent / "decision"
USED = re.compile(r"\bxp\.(\w+)|namespace\([^()]*\)\.(\w+)")


class FakeArray:
    """An array as CuPy's: its type lives in a module of that name."""


FakeArray.__module__ = "cupy._core.core"


def fake(available):
    """A CuPy whose driver answers, does not, or raises."""
    cupy = ModuleType("cupy")
    cupy.__spec__ = ModuleSpec("cupy", None)
    cupy.cuda = SimpleNamespace(is_available=available)
    cupy.asnumpy = lambda array: np.array([7.0])
    return cupy


def broken():
    raise RuntimeError("cudaErrorInsufficientDriver")


def test_the_processor_is_numpy():
    assert arrays.module("cpu") is np


def test_auto_takes_a_device_that_answers(monkeypatch):
    cupy = fake(lambda: True)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    assert arrays.module("auto") is cupy
    assert arrays.module("cuda") is cupy
    assert arrays.module("cpu") is np


@pytest.mark.parametrize(("available", "said"), [(lambda: False, "no CUDA device"), (broken, "InsufficientDriver")])
def test_auto_falls_back_and_cuda_says_why(monkeypatch, available, said):
    monkeypatch.setitem(sys.modules, "cupy", fake(available))
    assert arrays.module("auto") is np
    with pytest.raises(ScenarioError, match=rf"^'device' must be auto or cpu on this machine \(got 'cuda'\).*{said}"):
        arrays.module("cuda")


@pytest.mark.skipif(find_spec("cupy") is not None, reason="CuPy is installed")
def test_without_cupy_the_extra_is_named():
    with pytest.raises(ScenarioError, match=r"qvecsim\[cuda\]"):
        arrays.module("cuda")


def test_an_unknown_device_is_refused():
    with pytest.raises(ScenarioError, match=r"'device' must be auto, cpu or cuda \(got 'cude'\)\. Did you mean 'cuda'"):
        arrays.module("cude")


def test_the_library_is_that_of_the_arrays(monkeypatch):
    cupy = fake(lambda: True)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    strict = array_api_strict.asarray([1.0])
    assert arrays.namespace(np.zeros(1), np.float64(2.0)) is np
    assert arrays.namespace(strict) is array_api_strict
    assert arrays.namespace(FakeArray()) is cupy
    with pytest.raises(TypeError, match=r"one library \(got array_api_strict, numpy\)"):
        arrays.namespace(np.zeros(1), strict)
    with pytest.raises(TypeError, match="got list"):
        arrays.namespace([1.0])


def test_numbers_come_back_to_the_host(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", fake(lambda: True))
    assert arrays.to_host(FakeArray()).tolist() == [7.0]
    assert arrays.to_host(array_api_strict.asarray([1.0, 2.0])).tolist() == [1.0, 2.0]
    own = np.arange(3)
    assert arrays.to_host(own) is own


def test_running_sums_and_exchanged_axes():
    for library in (np, array_api_strict):
        array = library.reshape(library.arange(6), (2, 3))
        assert arrays.to_host(arrays.cumulative(array)).tolist() == [[0, 1, 3], [3, 7, 12]]
        assert arrays.swapped(array).shape == (3, 2)
    assert arrays.writes_in_place(np)
    assert not arrays.writes_in_place(array_api_strict)


def test_the_rooms_on_the_device_use_what_all_libraries_have():
    names = {
        name
        for room in ("quantum", "learning")
        for path in (DECISION / room).glob("*.py")
        for name in map("".join, USED.findall(path.read_text(encoding="utf-8")))
    }
    assert len(names) > 20
    for library in (np, array_api_strict, *([__import__("cupy")] if find_spec("cupy") else [])):
        assert [name for name in names if not hasattr(library, name)] == []
