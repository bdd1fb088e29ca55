from __future__ import annotations

import numpy as np
import pytest

from qvecsim.results.schema import SUMMARY
from qvecsim.results.store import read
from qvecsim.results.writing import writing

from .example import fill


@pytest.fixture
def make():
    """Write a small run at a path."""

    def write(path, run_id="abc", **more):
        with writing(path, run_id) as folder:
            folder.finish(scenario="name: café\n", tables=fill(folder.path, **more), manifest={"x": np.float64(1.5)})
        return path

    return write


@pytest.fixture
def run(tmp_path, make):
    return read(make(tmp_path / "run"))


@pytest.fixture
def summary():
    return {column.name: {"float64": 0.123456}.get(column.type, 12_345) for column in SUMMARY}
