"""Key rates that were measured: a step function of time for each link that the file names, averaged slot by slot."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from qvecsim.errors import did_you_mean
from qvecsim.types import Floats, Ints
from qvecsim.world.table_file import Bounds, TableFile

RATE = Bounds("a number from 0 to 1e14", 0.0, 1e14)
LONG = ("time_s", "link", "rate_bps")


@dataclass(frozen=True, eq=False)
class KeyRates:
    """What K links were measured to make in each slot."""

    link: Ints  # (K,) index into the scene's links
    mean_bps: Floats  # (slots, K)

    def at(self, slot: int, links: int) -> Floats:
        """(L,) the mean of each link in a slot; NaN where it was not measured."""
        rates = np.full(links, np.nan)
        rates[self.link] = self.mean_bps[slot]
        return rates


def read_rates(path: str | Path, links: tuple[str, ...], edges_ns: Ints) -> KeyRates:
    """The series of a file, averaged between ``edges_ns``, the (slots+1,) boundaries on the trace's clock."""
    file = TableFile(path)
    file.need("time_s")
    known = {name: index for index, name in enumerate(links)}
    series = _long(file, known) if set(LONG) <= set(file.names) else _wide(file, known)
    link = sorted(series)
    means = [slot_means(*_in_order(file, links[index], series[index]), edges_ns) for index in link]
    return KeyRates(np.array(link, dtype=np.int64), np.stack(means, axis=1))


def slot_means(time_ns: Ints, rate_bps: Floats, edges_ns: Ints) -> Floats:
    """The exact time average between neighbouring edges of a rate that holds until the next sample.

    Before the first sample the first holds.
    """
    inside = time_ns[(time_ns > edges_ns[0]) & (time_ns < edges_ns[-1])]
    cuts = np.union1d(edges_ns, inside)
    sample = np.maximum(np.searchsorted(time_ns, cuts[:-1], side="right") - 1, 0)
    first = np.searchsorted(cuts, edges_ns[:-1])
    slot_ns = np.repeat(np.diff(edges_ns), np.diff(first, append=len(cuts) - 1))
    # A share of 1 is exact, so that a rate that does not change within a slot is not rounded either.
    means: Floats = np.add.reduceat(rate_bps[sample] * (np.diff(cuts) / slot_ns), first)
    return means


@dataclass
class _Series:
    """The samples of one link as they come, and their lines."""

    line: array[int] = field(default_factory=lambda: array("q"))
    time_ns: array[int] = field(default_factory=lambda: array("q"))
    rate_bps: array[float] = field(default_factory=lambda: array("d"))

    def add(self, line: Ints, time_ns: Ints, rate_bps: Floats) -> None:
        for column, values in ((self.line, line), (self.time_ns, time_ns), (self.rate_bps, rate_bps)):
            column.frombytes(values.tobytes())


def _long(file: TableFile, known: dict[str, int]) -> dict[int, _Series]:
    """One row a sample."""
    series: dict[int, _Series] = {}
    for block in file.blocks():
        line, time_ns = np.array(block.lines), file.instants_ns(block, "time_s")
        rate_bps, names = file.numbers(block, "rate_bps", RATE), np.array(block.cells["link"])
        for name in dict.fromkeys(block.cells["link"]):
            rows = np.flatnonzero(names == name)
            index = _index(file, name, known, block.lines[rows[0]])
            series.setdefault(index, _Series()).add(line[rows], time_ns[rows], rate_bps[rows])
    if not series:
        file.fail("must have at least one sample (got none)")
    return series


def _wide(file: TableFile, known: dict[str, int]) -> dict[int, _Series]:
    """One column a link; where a cell is empty the last rate holds on."""
    names = [name for name in file.names if name != "time_s"]
    if not names:
        file.fail("must have a column for at least one link (got none)", 1)
    series = {_index(file, name, known, 1): _Series() for name in names}
    for block in file.blocks():
        line, time_ns = np.array(block.lines), file.instants_ns(block, "time_s")
        for name in names:
            rate_bps = file.numbers(block, name, RATE, optional=True)
            told = ~np.isnan(rate_bps)
            series[known[name]].add(line[told], time_ns[told], rate_bps[told])
    for name in names:
        if not series[known[name]].time_ns:
            file.fail(f"must have at least one sample of each link that it names (got none of '{name}')")
    return series


def _index(file: TableFile, name: str, known: dict[str, int], line: int) -> int:
    if name not in known:
        file.fail(f"'link' must be one of the links (got '{name[:40]}')", line, did_you_mean(name, known))
    return known[name]


def _in_order(file: TableFile, name: str, series: _Series) -> tuple[Ints, Floats]:
    """The samples by time; two at one time contradict each other."""
    time_ns = np.frombuffer(series.time_ns, np.int64)
    order = np.argsort(time_ns, kind="stable")
    time_ns = time_ns[order]
    twice = np.flatnonzero(np.diff(time_ns) == 0)
    if len(twice):
        file.fail(f"'{name}' must have one rate at a time (got two at one time)", series.line[int(order[twice[0] + 1])])
    return time_ns, np.frombuffer(series.rate_bps, np.float64)[order]
