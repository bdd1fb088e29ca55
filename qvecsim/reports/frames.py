"""Instants of a run for the map: where vehicles are and what they do, and how full pools and servers are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qvecsim.results.store import Run
from qvecsim.types import Bools, Fleet, Floats, Ints
from qvecsim.units import ns
from qvecsim.world.mobility.trace import Trace

FRAMES = 240
VEHICLES = 500  # in one frame
CELLS = 60_000  # frames times links or units
IDLE, COMPUTED, WAITING, SENDING = range(4)
DOING = ("no task", "being computed", "waiting", "sending")
STATES = ("ready", "warning", "charging", "empty", "aborted", "down")
SCATTER = 2_654_435_761  # odd, near 2**32 over the golden ratio (Knuth, TAOCP 3, 6.4): spreads neighbours


@dataclass(frozen=True)
class Frame:
    """One instant: (V,) shown vehicles; ``rsu`` is the one that a vehicle sends to, or -1."""

    x_m: Floats
    y_m: Floats
    doing: Ints
    rsu: Ints


def instants(slots: int, width: int) -> Ints:
    """The slots that become frames, evenly spread; fewer where each frame holds many links or units."""
    frames = max(2, min(FRAMES, CELLS // max(width, 1)))
    return np.unique(np.linspace(0, slots - 1, min(frames, slots)).round().astype(np.int64))


def frames(run: Run, trace: Trace, slots: Ints, rsus: Sequence[str]) -> tuple[list[Frame], float]:
    """Vehicles in each of these slots, as it begins; and which share of them is shown."""
    slot_ns = ns(float(run.runs["slot_s"].iloc[0]))
    fleets = [trace.at(min(trace.begin_ns + int(slot) * slot_ns, trace.end_ns)) for slot in slots]
    share = min(1.0, VEHICLES / max((len(fleet) for fleet in fleets), default=1)) if fleets else 1.0
    doing, rsu = activity(run.tasks, slots * slot_ns / 1e9, trace.ids, rsus)
    return [_frame(fleet, _shown(fleet, share), doing[row], rsu[row]) for row, fleet in enumerate(fleets)], share


def _shown(fleet: Fleet, share: float) -> Bools:
    """A share of the vehicles that is the same vehicles in every frame."""
    return (fleet.vehicle * SCATTER % 2**32 < share * 2**32).astype(np.bool_)


def _frame(fleet: Fleet, shown: Bools, doing: Ints, rsu: Ints) -> Frame:
    who = fleet.vehicle[shown]
    return Frame(fleet.x_m[shown], fleet.y_m[shown], doing[who], rsu[who])


def activity(tasks: Any, time_s: Floats, ids: Sequence[str], rsus: Sequence[str]) -> tuple[Ints, Ints]:
    """(K, N) what each vehicle is doing at each instant, and the RSU that it sends to (-1: none).

    One with several tasks does what stands last in ``DOING``.
    """
    doing = np.full((len(time_s), len(ids)), IDLE, np.int64)
    target = np.full(doing.shape, -1, np.int64)
    born, end = tasks["born_s"].to_numpy(), tasks["end_s"].fillna(np.inf).to_numpy()
    first, last = time_s.searchsorted(born), time_s.searchsorted(end)
    task = np.repeat(np.arange(len(tasks)), last - first)
    frame = np.arange(len(task)) - np.repeat(np.cumsum(last - first) - (last - first), last - first) + first[task]
    vehicle, rsu = _indices(tasks["vehicle"], ids)[task], _indices(tasks["rsu"], rsus)[task]
    now = time_s[frame]
    decided = tasks["decided_s"].fillna(np.inf).to_numpy()[task]
    sent = decided + tasks["uplink_s"].fillna(np.inf).to_numpy()[task]
    state = np.where(now < decided, WAITING, np.where((now < sent) & (rsu >= 0), SENDING, COMPUTED))
    known = vehicle >= 0
    np.maximum.at(doing, (frame[known], vehicle[known]), state[known])
    sending = known & (state == SENDING)
    target[frame[sending], vehicle[sending]] = rsu[sending]
    return doing, target


def _indices(names: Any, known: Sequence[str]) -> Ints:
    """Where each name stands among the known ones; -1 for none."""
    place = {name: index for index, name in enumerate(known)}
    names = names.astype("category")
    codes = np.append([place.get(str(name), -1) for name in names.cat.categories], -1)
    found: Ints = codes[names.cat.codes.to_numpy()].astype(np.int64)
    return found


def grid(table: Any, axis: str, names: Sequence[str], slots: Ints, column: str) -> Any:
    """(K, A) one column of a table in these slots, one row a slot, one column a name."""
    rows = table[table["slot"].isin(slots)]
    wide = rows.pivot(index="slot", columns=axis, values=column)
    return wide.reindex(index=slots, columns=list(names)).to_numpy()


def pool_states(links: Any, names: Sequence[str], slots: Ints) -> Ints:
    """(K, L) index into ``STATES``; a broken fibre or an abort goes before what is in the pool."""
    state, up, aborted = (grid(links, "link", names, slots, column) for column in ("state", "up", "aborted"))
    codes = np.array([[STATES.index(one) for one in row] for row in state.tolist()], np.int64).reshape(state.shape)
    codes = np.where(aborted.astype(bool), STATES.index("aborted"), codes)
    return np.where(up.astype(bool), codes, STATES.index("down"))
