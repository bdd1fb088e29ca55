from __future__ import annotations

import pytest
from cli.town import found

from qvecsim.runner import run


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """The scenario of a small town."""
    return found(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="session")
def sound(town, tmp_path_factory):
    """Its run folder, which no test changes."""
    return run(town, out=tmp_path_factory.mktemp("runs") / "sound").path


@pytest.fixture(scope="session")
def troubled(town, tmp_path_factory):
    """A run folder of the town in which a unit fails and vehicles carry keys; no test changes it."""
    faults = "faults=[{kind: rsu_down, where: r1, begin_s: 2, lasts_s: 1}, {kind: byzantine, where: r2, begin_s: 3}]"
    store = ("keys.store.capacity_bit=900", "keys.store.initial_bit=300", "keys.store.speed_m_s=20")
    dock = "keys.store.docks=[{x_m: 500, y_m: 800}]"
    out = tmp_path_factory.mktemp("runs") / "troubled"
    return run(town, faults, *store, dock, "keys.store.range_m=200", "keys.store.rate_bps=500", out=out).path
