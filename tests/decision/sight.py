"""Observations made up for a test: everything idle, near and well supplied, but for what the test says."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np

from qvecsim.kernel.simulation import Simulation
from qvecsim.scenario.parameters import Scenario
from qvecsim.streams import Streams
from qvecsim.types import Observation
from qvecsim.validation import toy_trace
from qvecsim.world.world import build

SCENARIO = Scenario.model_validate(
    {"world": {"trace": "made-up", "place": {"at": "grid", "count": 3}, "fibre": {"count": 2}}}
)
WIDE = SCENARIO.model_copy(update={"radio": SCENARIO.radio.model_copy(update={"admission_db": -10.0})})
STREAMS = Streams(1)
NOISE_W = 1e-13
GAIN = 1e-9  # SNR of 40 dB at 1 W


@cache
def real() -> Observation:
    """The first observation of the made-up world."""
    return Simulation(SCENARIO, world=build(SCENARIO, trace=toy_trace())).observe()


def seen(vehicles: int = 1, units: int = 2, **told: object) -> Observation:
    """An observation of vehicles that all decide; ``told`` replaces columns, numbers stand for whole columns."""
    v, vm, m = (vehicles,), (vehicles, units), (units,)
    columns = {
        "vehicle": np.arange(vehicles),
        "task": np.arange(vehicles),
        **{name: np.zeros(v) for name in ("x_m", "y_m", "speed_m_s", "age_s", "local_backlog_s", "uplink_backlog_s")},
        **{name: np.zeros(v, np.int64) for name in ("kind", "result_bit")},
        "deciding": np.ones(v, bool),
        "waiting": np.ones(v, np.int64),
        "local_hz": np.full(v, 0.5e9),
        "tx_power_w": np.ones(v),
        "input_bit": np.full(v, 1_000_000),
        "cycles": np.full(v, 500_000_000),
        "left_s": np.ones(v),
        "distance_m": np.full(vm, 100.0),
        "gain": np.full(vm, GAIN),
        "reachable": np.ones(vm, bool),
        "noise_w": NOISE_W,
        **{name: np.zeros(m) for name in ("heard_w", "backlog_s", "arriving_cycles")},
        "arriving": np.zeros(m, np.int64),
        "edge_hz": np.full(m, 2.5e9),
        "key_bit": np.full(m, 100_000),
        "key_rate_bps": np.full(m, 1000.0),
        "key_need_bit": np.full(v, 256),
        "store_bit": np.full(v, 2**62),
        "session_rsu": np.full(v, -1),
        "stake": np.full(m, 1 / units),
    }
    for name, value in told.items():
        old = columns.get(name)
        columns[name] = np.broadcast_to(value, old.shape).astype(old.dtype) if isinstance(old, np.ndarray) else value
    columns["nearest"] = columns["distance_m"].argmin(axis=1)
    for value in columns.values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return dataclasses.replace(real(), **columns)
