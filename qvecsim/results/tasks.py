"""The columns of table ``tasks``: stamps as instants, and the latency as the six parts that it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qvecsim.results.book import named
from qvecsim.rows import joined
from qvecsim.types import DONE, IN_FLIGHT, LATE, OUTCOMES, REASONS, Floats, Ints, Records
from qvecsim.units import NEVER_NS, NS_PER_S

STAMPS = ("decided_ns", "arrival_ns", "service_start_ns", "service_end_ns")
PARTS = ("wait_s", "key_wait_s", "uplink_s", "queue_s", "compute_s", "return_s")


def as_of(records: Records, now_ns: int) -> Records:
    """Copy in which every planned instant after ``now_ns`` is -1, as if it had not been planned."""
    known = joined(records)
    for stamp in (*STAMPS, "end_ns"):
        known[stamp][known[stamp] > now_ns] = -1
    return known


def task_columns(records: Records, names: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Columns of ``tasks`` but ``run_id``, from records of dtype ``TASK``."""
    # Whole columns first: every step below is faster on them than on every 25th number of the records.
    known = {name: np.ascontiguousarray(records[name]) for name in records.dtype.names or ()}
    finished = (known["outcome"] == DONE) | (known["outcome"] == LATE)
    end = np.where((known["outcome"] == IN_FLIGHT) | (known["end_ns"] >= NEVER_NS), -1, known["end_ns"])
    for stamp in STAMPS:  # never, or planned for after the task was dropped: it never came
        known[stamp] = np.where(known[stamp] > np.where(end >= 0, end, NEVER_NS - 1), -1, known[stamp])
    decided = known["decided_ns"] >= 0
    sent = decided & (known["rsu"] >= 0)
    return {
        **{
            name: known[name]
            for name in ("task", "input_bit", "result_bit", "cycles", "key_bit", "pool_bit", "energy_j")
        },
        **{name: known[name].astype(np.bool_) for name in ("exposed", "rerouted", "handover")},
        **{name: named(known[name], names[name]) for name in ("vehicle", "kind", "rsu")},
        "outcome": named(known["outcome"], OUTCOMES),
        "reason": named(known["reason"], REASONS),
        "born_s": known["born_ns"] / NS_PER_S,
        "due_s": known["due_ns"] / NS_PER_S,
        "deadline_s": _span_s(known["born_ns"], known["due_ns"]),
        "decided_s": _instant_s(known["decided_ns"]),
        "end_s": _instant_s(end),
        "rate_bps": np.where(sent, known["rate_bps"], np.nan),
        "sinr_db": _decibel(np.where(sent, known["sinr"], 0.0)),
        "latency_s": np.where(finished, _span_s(known["born_ns"], end), np.nan),
        "predicted_s": np.where(decided, known["predicted_s"], np.nan),
        **_latency_parts(known, end),
    }


def _latency_parts(known: Mapping[str, Ints], end: Ints) -> dict[str, Floats]:
    local = known["rsu"] < 0
    queued = np.where(local, known["decided_ns"], known["arrival_ns"])
    return {
        "wait_s": _span_s(known["born_ns"] + known["key_wait_ns"], known["decided_ns"]),
        "key_wait_s": known["key_wait_ns"] / NS_PER_S,
        "uplink_s": _span_s(known["decided_ns"], queued),
        "queue_s": _span_s(queued, known["service_start_ns"]),
        "compute_s": _span_s(known["service_start_ns"], known["service_end_ns"]),
        "return_s": _span_s(known["service_end_ns"], end),
    }


def _instant_s(stamp_ns: Ints) -> Floats:
    return np.where(stamp_ns < 0, np.nan, stamp_ns / NS_PER_S)


def _span_s(begin_ns: Ints, end_ns: Ints) -> Floats:
    return np.where((begin_ns < 0) | (end_ns < 0), np.nan, (end_ns - begin_ns) / NS_PER_S)


def _decibel(ratio: Floats) -> Floats:
    level = np.full(len(ratio), np.nan)
    np.log10(ratio, out=level, where=ratio > 0.0)
    return 10.0 * level
