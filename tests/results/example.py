"""A small run, written row by row."""

from __future__ import annotations

import numpy as np

from qvecsim.results.recorder import Recorder
from qvecsim.results.schema import TABLES
from qvecsim.types import DONE, DROPPED, IN_FLIGHT, LATE, LEFT, TASK, TRANSACTION

NAMES = {
    "vehicles": ["v0", "v1", "v2"],
    "kinds": ["driving", "parking"],
    "rsus": ["east", "west"],
    "links": ["q0", "q1"],
    "docks": ["lot"],
}
S = 1_000_000_000
PLAIN = {"bool": True, "int64": 3, "float64": 0.5, "text": "a", "string": "ab", "list<float64>": np.array([1.0, 2.0])}
PLAIN["list<int64>"] = np.array([1, 2])


def row(table, **values):
    """A row of plain values, without the axis column, which the recorder knows."""
    sheet = TABLES[table]
    plain = {column.name: PLAIN[column.type] for column in sheet.columns[1:] if column.name != sheet.axis}
    return {**plain, **values}


def task(number, **values):
    record = np.zeros(1, TASK)
    for field in ("rsu", "decided_ns", "arrival_ns", "service_start_ns", "service_end_ns", "end_ns"):
        record[field] = -1
    for field, value in {"task": number, "due_ns": 2 * S, "sinr": 100.0, "rate_bps": 5e6, **values}.items():
        record[field] = value
    return record


def sent(number, born, *stamps, **values):
    names = ("decided_ns", "arrival_ns", "service_start_ns", "service_end_ns", "end_ns")
    return task(number, born_ns=born, rsu=0, **dict(zip(names, stamps, strict=True)), **values)


def four_tasks():
    return np.concatenate(
        [
            sent(0, 0, S // 4, S // 2, S // 2, S, S + 1, key_wait_ns=S // 8, energy_j=0.5, outcome=DONE, key_bit=256),
            task(1, vehicle=1, decided_ns=0, service_start_ns=S, service_end_ns=3 * S, end_ns=3 * S, outcome=LATE),
            # Planned in full, but its vehicle left while it was being computed.
            sent(2, 0, 0, S, S, 3 * S, 2 * S, outcome=DROPPED, reason=LEFT, exposed=1),
            task(3, vehicle=2, kind=1, outcome=IN_FLIGHT),
        ]
    )


def two_transactions():
    """One of two records and one of one."""
    transactions = np.zeros(2, TRANSACTION)
    transactions["time_ns"], transactions["rsu"], transactions["records"] = S, [0, 1], [2, 1]
    return transactions, np.array([[0, 0, 1, 7, 0, S], [0, 6, 5, 256, 0, S // 2], [1, 0, 0, 9, 0, S]])


def fill(folder, slots=3, limit=100_000):
    recorder = Recorder(folder, "abc", **NAMES, limit=limit)
    for slot in range(slots):
        key = {"slot": slot, "time_s": float(slot)}
        recorder.add("slots", row("slots", **key, reward=-1.5))
        recorder.add("servers", row("servers", **key, busy_s=np.array([0.25, 0.75]), uploads=np.array([0, 2])))
        recorder.add("links", row("links", **key, generated_bit=np.array([slot, 4]), qber=np.array([0.02, np.nan])))
        recorder.add("docks", row("docks", **key, loaded_bit=np.array([slot]), vehicles=np.array([1])))
    recorder.add("faults", row("faults", fault=np.array([0]), slot=1, time_s=1.0, kind=["byzantine"], subject=["east"]))
    recorder.add_ledger(*two_transactions())
    recorder.add_block(row("blocks", height=1, transactions=1, size_bit=16_384, finality_s=2.0))
    recorder.add_tasks(four_tasks())
    recorder.add("runs", row("runs", slot_s=1.0))
    return recorder.close()
