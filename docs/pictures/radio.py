"""Makes the pictures of docs/radio.md: ``python docs/pictures/radio.py`` (matplotlib, about ten seconds)."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib import ticker

from qvecsim.physics.field import noma
from qvecsim.physics.queue import fcfs, several
from qvecsim.physics.sharing import shared
from qvecsim.types import JOB

HERE = Path(__file__).parent
SECOND = 10**9
STRONG_SNR, WEAK_SNR = 100.0, 10.0  # 20 dB and 10 dB
LOADS = np.linspace(0.1, 0.9, 9)
JOBS, SHARED, WARM, RUNS = 100_000, 20_000, 2_000, 6

mpl.use("Agg")
plt.rcParams |= {"figure.dpi": 110, "font.size": 9, "axes.grid": True, "grid.alpha": 0.3, "savefig.bbox": "tight"}


def uplink() -> None:
    """Where the schemes lie in the region of two users, and their sums for more."""
    figure, (region, sums) = plt.subplots(1, 2, figsize=(10.4, 4.9))
    capacity_region(region)
    sum_rates(sums)
    figure.tight_layout(w_pad=2.5)
    figure.savefig(HERE / "noma.png")


def capacity_region(axes: plt.Axes) -> None:
    """Two users: the region, the two corners of SIC, equal and other orthogonal parts, no cancellation."""
    snr = np.array([STRONG_SNR, WEAK_SNR])
    strong, weak, both = (noma.capacity(part) for part in (snr[:1], snr[1:], snr))
    axes.fill([0, strong, strong, both - weak, 0], [0, 0, both - strong, weak, weak], alpha=0.12, color="C0")
    axes.plot([0, both - weak, strong, strong], [weak, weak, both - strong, 0], "C0", label="capacity region")
    share = np.linspace(1e-6, 1 - 1e-6, 400)
    orthogonal = [part * noma.efficiency(power / part) for part, power in ((share, STRONG_SNR), (1 - share, WEAK_SNR))]
    axes.plot(*orthogonal, "C1--", label="orthogonal parts of any size")
    unit = np.zeros(2, dtype=np.int64)
    for residual, mark, size in ((0.0, "o", 8), (0.01, "s", 6), (0.1, "^", 6)):
        rates = noma.efficiency(noma.sinr(snr, unit, 1.0, residual))
        axes.plot(*rates, f"C2{mark}", ms=size, label=f"SIC, strongest first, residual {residual:g}")
    other = noma.efficiency(noma.sinr_in_order(snr, np.array([1, 0]), 1.0))
    axes.plot(*other, "C0o", mfc="white", ms=8, label="SIC, weakest first")
    axes.plot(*noma.orthogonal(snr), "C1D", label="OFDMA, equal parts")
    axes.plot(*noma.efficiency(noma.sinr_together(snr, 1.0)), "C3x", ms=8, mew=2, label="no cancellation")
    axes.set(xlabel="rate of the stronger, 20 dB (bit/s/Hz)", ylabel="rate of the weaker, 10 dB (bit/s/Hz)")
    axes.set(xlim=(0, 7.2), ylim=(0, 4))
    axes.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.47, 1.01), ncols=2)


def sum_rates(axes: plt.Axes) -> None:
    """Equal users at one unit: the sum of the region, and what the schemes make of it."""
    counts = np.arange(1, 13)
    alike = [np.full(count, STRONG_SNR) for count in counts]
    units = [np.zeros(count, dtype=np.int64) for count in counts]
    axes.plot(counts, [noma.capacity(snr) for snr in alike], "C0", lw=6, alpha=0.25, label="capacity, log2(1 + K SNR)")
    axes.plot(counts, [noma.orthogonal(snr).sum() for snr in alike], "C1D", ms=4, label="OFDMA, equal parts")
    for residual, style in ((0.0, "o-"), (0.01, "s-"), (0.1, "^-")):
        sinr = [noma.sinr(snr, unit, 1.0, residual) for snr, unit in zip(alike, units, strict=True)]
        sums = [noma.efficiency(ratio).sum() for ratio in sinr]
        axes.plot(
            counts,
            sums,
            f"C2{style}",
            ms=7 if not residual else 5,
            mfc="none",
            lw=1,
            label=f"SIC, residual {residual:g}",
        )
    apart = [noma.efficiency(noma.sinr_together(snr, 1.0)).sum() for snr in alike]
    axes.plot(counts, apart, "C3x-", ms=6, lw=1, label="no cancellation")
    axes.axhline(1.0 / np.log(2.0), color="C3", ls=":", lw=1, label="its limit, log2 e = 1.4427")
    axes.set(xlabel="users K, 20 dB each", ylabel="sum rate (bit/s/Hz)", xlim=(0.5, 12.5), ylim=(0, 11))
    axes.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.47, 1.01), ncols=2)


def jobs(load: float, seed: int, square: float, count: int = JOBS) -> tuple[np.ndarray, np.ndarray]:
    """Poisson arrivals, and lognormal work of mean 1 s with this squared coefficient of variation (0: equal work)."""
    rng = np.random.default_rng([seed, round(1000 * load), round(10 * square)])
    arrival = np.cumsum(np.rint(rng.exponential(SECOND / load, count)).astype(np.int64))
    sigma = np.sqrt(np.log1p(square))
    return arrival, np.rint(rng.lognormal(-(sigma**2) / 2, sigma, count) * SECOND).astype(np.int64)


def spent(discipline: str, load: float, seed: int, square: float) -> float:
    """Mean time from arrival to end, s."""
    arrival, work = jobs(load, seed, square, SHARED if discipline == "ps" else JOBS)
    zero = np.zeros(len(work), dtype=np.int64)
    if discipline == "ps":
        coming = np.zeros(len(work), JOB)
        coming["task"], coming["left_ns"] = np.arange(len(work)), work
        done = shared(coming[:0], coming, arrival, 0, 2 * int(arrival[-1]))
        return float(np.mean((done.end_ns - arrival[done.task])[WARM:]) / SECOND)
    start, _ = fcfs(zero, arrival, work, np.zeros(1, dtype=np.int64))
    return float(np.mean((start + work - arrival)[WARM:]) / SECOND)


def erlang_c(load: float, count: int) -> float:
    """Probability that a job waits for one of ``count`` processors, each loaded by ``load``."""
    offered = load * count
    terms = [offered**k / float(np.prod(range(1, k + 1))) for k in range(count + 1)]
    last = terms[-1] / (1 - load)
    return last / (sum(terms[:-1]) + last)


HOLLOW = {"sharing, equal work": "none"}
CURVES = (
    ("fcfs", 4.0, "FCFS, $c_s^2=4$", lambda load: 1 + load * 5 / (2 * (1 - load))),
    ("fcfs", 0.0, "FCFS, equal work", lambda load: 1 + load / (2 * (1 - load))),
    ("ps", 4.0, "sharing, $c_s^2=4$", lambda load: 1 / (1 - load)),
    ("ps", 0.0, "sharing, equal work", lambda load: 1 / (1 - load)),
)


def waits() -> None:
    """Times at a server against Pollaczek-Khinchine, processor sharing and Erlang C; bars are 95 % intervals."""
    figure, axes = plt.subplots(figsize=(6.4, 4.8))
    fine = np.linspace(0.02, 0.92, 200)
    for colour, (discipline, square, name, theory) in enumerate(CURVES):
        axes.plot(
            fine,
            [theory(load) for load in fine],
            f"C{colour}",
            lw=1,
            ls="--" if (discipline, square) == ("ps", 0.0) else "-",
        )
        mark(axes, discipline, square, name, colour)
    exponential = [1 + erlang_c(load, 3) / (3 * (1 - load)) for load in fine]
    axes.plot(fine, exponential, "C4", lw=1)
    mark_exponential(axes)
    axes.set(xlabel="load of a processor", ylabel="mean time at the server / mean work", yscale="log", ylim=(0.9, 40))
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_yticks([1, 2, 5, 10, 20])
    axes.minorticks_off()
    axes.legend(fontsize=8, title="lines: theory; marks: recursion, 95 %", title_fontsize=8)
    figure.savefig(HERE / "queues.png")


def mark(axes: plt.Axes, discipline: str, square: float, name: str, colour: int) -> None:
    """What the recursion gives."""
    runs = np.array([[spent(discipline, load, seed, square) for seed in range(RUNS)] for load in LOADS])
    bars(axes, runs, name, colour)


def mark_exponential(axes: plt.Axes) -> None:
    """Three processors with exponential work."""
    runs = []
    for load in LOADS:
        for seed in range(RUNS):
            arrival, _ = jobs(3 * load, seed, 1.0)
            work = np.rint(np.random.default_rng([seed, 9]).exponential(SECOND, JOBS)).astype(np.int64)
            start, _ = several(np.zeros(JOBS, dtype=np.int64), arrival, work, np.zeros((1, 3), dtype=np.int64))
            runs.append(np.mean((start + work - arrival)[WARM:]) / SECOND)
    bars(axes, np.reshape(runs, (len(LOADS), RUNS)), "three processors, exponential", 4)


def bars(axes: plt.Axes, runs: np.ndarray, name: str, colour: int) -> None:
    """Means with intervals of 95 %."""
    half = 2.571 * runs.std(axis=1, ddof=1) / np.sqrt(RUNS)  # Student's t, 5 degrees of freedom
    axes.errorbar(
        LOADS,
        runs.mean(axis=1),
        half,
        fmt="o",
        ms=3.5,
        capsize=2,
        color=f"C{colour}",
        label=name,
        mfc=HOLLOW.get(name, f"C{colour}"),
    )


if __name__ == "__main__":
    uplink()
    waits()
