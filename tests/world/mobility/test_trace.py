from __future__ import annotations

import numpy as np
import pytest

from qvecsim.errors import TraceError
from qvecsim.types import Fleet
from qvecsim.world.mobility.reader import read_trace
from qvecsim.world.mobility.trace import Trace, info

S = 10**9


def trace_of(*fleets: dict[int, tuple[float, float, float]], begin_s: int = 0, step_ns: int = S) -> Trace:
    """A trace of {vehicle: (x, y, speed)}, a step each."""
    rows = [(vehicle, *row) for fleet in fleets for vehicle, row in sorted(fleet.items())]
    vehicle, x_m, y_m, speed_m_s = (np.array(column) for column in zip(*rows, strict=True))
    return Trace(
        ids=tuple(f"v{index}" for index in range(max(vehicle) + 1)),
        time_ns=begin_s * S + step_ns * np.arange(len(fleets)),
        offset=np.cumsum([0, *map(len, fleets)]),
        vehicle=vehicle,
        x_m=x_m,
        y_m=y_m,
        speed_m_s=speed_m_s,
        sha256="f00d",
    )


def plain(fleet: Fleet) -> dict[int, tuple[float, float, float]]:
    columns = (fleet.vehicle, fleet.x_m, fleet.y_m, fleet.speed_m_s)
    return {vehicle: row for vehicle, *row in zip(*(column.tolist() for column in columns), strict=True)}


CHURN = (
    {0: (0.0, 0.0, 2.0), 1: (10.0, 0.0, 0.0), 2: (5.0, 5.0, 1.0)},
    {0: (4.0, 2.0, 4.0), 2: (5.0, 7.0, 3.0), 3: (9.0, 9.0, 9.0)},
    {1: (50.0, 0.0, 0.0), 3: (9.0, 9.0, 9.0)},
)


def test_a_step_is_given_as_it_is_without_copying():
    trace = trace_of(*CHURN, begin_s=25200)
    fleet = trace.at(25200 * S)
    assert plain(fleet) == {vehicle: list(row) for vehicle, row in CHURN[0].items()}
    assert fleet.x_m.base is not None
    assert np.shares_memory(fleet.x_m, trace.x_m)
    assert fleet.vehicle.dtype == np.int64
    assert len(fleet) == 3


def test_between_steps_positions_and_speed_are_interpolated():
    assert plain(trace_of(*CHURN).at(S // 4)) == {0: [1.0, 0.5, 2.5], 2: [5.0, 5.5, 1.5]}
    same = trace_of({0: (0.0, 0.0, 0.0), 1: (0.0, 0.0, 0.0)}, {0: (1.0, 2.0, 4.0), 1: (8.0, 0.0, 0.0)})
    assert plain(same.at(S // 2)) == {0: [0.5, 1.0, 2.0], 1: [4.0, 0.0, 0.0]}


def test_leavers_are_gone_after_their_last_step_and_arrivals_come_at_their_first():
    trace = trace_of(*CHURN)
    present = [list(plain(trace.at(time_ns))) for time_ns in (0, 1, S - 1, S, S + 1, 2 * S)]
    assert present == [[0, 1, 2], [0, 2], [0, 2], [0, 2, 3], [3], [1, 3]]


def test_a_vehicle_that_is_not_listed_for_a_while_is_absent_and_counted():
    trace = trace_of(*CHURN)
    assert 1 not in trace.at(S).vehicle
    assert info(trace)["reentries"] == 1
    assert info(trace)["jumps"] == 0  # 40 m in two steps: nobody says where it was


@pytest.mark.parametrize("time_ns", [-1, 24 * S, 28 * S, 10**17])
def test_outside_there_is_nobody(time_ns):
    assert len(trace_of({0: (0.0, 0.0, 0.0)}, {0: (0.0, 0.0, 0.0)}, begin_s=25).at(time_ns)) == 0


def test_empty_steps():
    trace = trace_of({0: (0.0, 0.0, 0.0)}, {}, {}, {1: (1.0, 1.0, 1.0)})
    present = [list(plain(trace.at(half * S // 2))) for half in range(7)]
    assert present == [[0], [], [], [], [], [], [1]]


def test_jumps_are_counted_and_kept():
    trace = trace_of({0: (0.0, 0.0, 1.0)}, {0: (11.0, 0.0, 1.0)}, {0: (20.0, 0.0, 1.0)}, step_ns=S // 10)
    assert info(trace)["jumps"] == 1
    assert plain(trace.at(S // 20)) == {0: [5.5, 0.0, 1.0]}


def test_clip_keeps_its_steps_and_those_seen_in_them():
    trace = trace_of(*CHURN, begin_s=100)
    clip = trace.clip(101, 102)
    assert clip.ids == ("v0", "v1", "v2", "v3")
    last = trace.clip(begin_s=101.5)
    assert last.ids == ("v1", "v3")
    assert plain(last.at(102 * S)) == {0: [50.0, 0.0, 0.0], 1: [9.0, 9.0, 9.0]}
    assert (last.begin_ns, last.end_ns, last.records, last.sha256) == (102 * S, 102 * S, 2, "f00d")
    assert trace.clip(end_s=100).ids == ("v0", "v1", "v2")
    assert trace.clip().records == trace.records


@pytest.mark.parametrize(("begin_s", "end_s"), [(103, None), (None, 99), (101.2, 101.8), (102, 100)])
def test_clip_refuses_a_window_without_vehicles(begin_s, end_s):
    with pytest.raises(TraceError, match=r"^no vehicle (from|to) \d.* s \(.*\); the trace covers 100 \.\.\. 102 s\.$"):
        trace_of(*CHURN, begin_s=100).clip(begin_s, end_s)


def test_read_trace_clips(tmp_path):
    path = tmp_path / "t"
    steps = "".join(f'<timestep time="{k}"><vehicle id="{k}" x="1" y="1" speed="0"/></timestep>' for k in range(5))
    path.write_text(f"<fcd-export>{steps}</fcd-export>")
    assert read_trace(path).ids == ("0", "1", "2", "3", "4")
    assert read_trace(path, begin_s=1, end_s=3).ids == ("1", "2", "3")


def test_info():
    assert info(trace_of(*CHURN, begin_s=7)) == {
        "records": 8,
        "vehicles": 4,
        "at_once_max": 3,
        "steps": 3,
        "step_s": 1.0,
        "begin_s": 7.0,
        "end_s": 9.0,
        "x_m": [0.0, 50.0],
        "y_m": [0.0, 9.0],
        "projected": False,
        "reentries": 1,
        "jumps": 0,
        "parked": 0.25,
        "persons": 0,
        "sha256": "f00d",
    }
    assert info(trace_of({0: (0.0, 0.0, 0.0)}))["step_s"] == 0.0
