"""The page docs/verdict.md: who learned the bench, how well and how soon, from the tables in results/paper alone.

``bench_draws.csv``  every evaluation of every training: episodes, scheme, metric, seed, value
``bench.csv``        its means over seeds, with intervals
``bench.json``       the references, rates, sizes of networks

``python benchmarks/bench.py gather`` writes them, ``verdict`` prints the page.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from qvecsim.study.curves import Speedup
from qvecsim.study.frames import read_table
from qvecsim.study.verdict import Curves, Verdict, markdown, verdict

METRICS = ("return", "miss_rate", "samples", "cpu_s")
FORESEEING = "clairvoyant"  # knows the future of its run: told, but nobody is measured by it
HERO = "tnqdrl"
HEAD = """\
# The verdict of the bench

Made by `python benchmarks/bench.py verdict > docs/verdict.md` from `results/paper/bench*`; a test holds it equal to
them. How it was measured is told in [bench.md](bench.md).

Intervals are 95 %, by a percentile bootstrap over seeds (10,000 resamples), paired where two schemes are compared;
schemes with few seeds have intervals that are too narrow. A time to a level that not every seed reached is a mean
restricted to what all seeds were followed to, so that a ratio with it is nearer to one than the truth. "Saved" is
1 - E/E', the share of the other's time that `tnqdrl` does not need; below zero it needs more. "Faster" is E'/E - 1.
Intervals are not corrected for their number.
"""


class Bench(NamedTuple):
    """What was measured."""

    words: dict[str, Any]
    curves: dict[str, Curves]
    static: float
    reference: float
    best: str  # the name of the reference


def bench(folder: Path) -> Bench | None:
    """The tables in a folder; None if they are not there."""
    if not (folder / "bench.json").is_file():
        return None
    words = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
    returns = {name: one["return"] for name, one in words["references"].items()}
    best = max((name for name in returns if not name.startswith(FORESEEING)), key=lambda name: returns[name])
    return Bench(
        words, curves(read_table(folder / "bench_draws.csv"), words), returns[words["static"]], returns[best], best
    )


def curves(rows: list[dict[str, Any]], words: dict[str, Any]) -> dict[str, Curves]:
    """Of each scheme; rows of a grid are seeds, columns evaluations."""
    told: dict[str, dict[tuple[int, float, str], float]] = {}
    for row in rows:
        told.setdefault(row["by"], {})[int(row["draw"]), row["x"], row["metric"]] = row["value"]
    found = {}
    for scheme, values in told.items():
        seeds, places = sorted({seed for seed, _, _ in values}), sorted({place for _, place, _ in values})
        grid = {m: np.array([[values[seed, place, m] for place in places] for seed in seeds]) for m in METRICS}
        slots = np.tile(np.array(places, dtype=float) * words["slots"][0], (len(seeds), 1))
        axes = {"slots": slots, "samples": grid["samples"], "cpu_s": grid["cpu_s"]}
        found[scheme] = Curves(np.array(seeds), axes, grid["return"])
    return found


@cache
def judged(folder: Path, hero: str = HERO) -> Verdict | None:
    """All comparisons of ``hero``, or None without tables."""
    found = bench(folder)
    return found and verdict(found.curves, found.static, found.reference, hero)


def speedup(
    folder: Path, other: str, level: float, axis: str = "slots", hero: str = HERO
) -> tuple[Speedup, int] | None:
    """``hero`` against another at a level, and over how many seeds."""
    found = judged(folder, hero)
    if found is None:
        return None
    rows = [one for one in found.against if (one.other, one.level, one.axis) == (other, level, axis)]
    return (rows[0].found, rows[0].seeds) if rows else None


def page(folder: Path) -> str:
    """All of it in words and tables."""
    found, told = bench(folder), judged(folder)
    if found is None or told is None:
        raise SystemExit(f"There are no tables in {folder}: python benchmarks/bench.py gather writes them.")
    return "\n".join(
        [HEAD, *_setting(found), *_references(found), "## Learners", "", *_learners(found), markdown(told, HERO)]
    )


def _setting(found: Bench) -> list[str]:
    words = found.words
    small = "the small setting" if words["small"] else "the full setting"
    least, most = words["n"]
    seeds = f"{most} seeds" if least == most else f"{least} to {most} seeds"
    told = f"{words['episodes']} episodes, {seeds}, evaluated on {words['worlds']} worlds"
    return [f"{small.capitalize()}: {told}; qvecsim {words['qvecsim']}.", ""]


def _references(found: Bench) -> list[str]:
    """Those that do not learn, and the scale."""
    references, mixed = found.words["references"], found.words["references"]["mixed"]["return"]
    share = (found.static - mixed) / (found.reference - mixed)
    lines = [
        *("## References", ""),
        f"A score is 0 at `{found.words['static']}` ({found.static:.1f}), the best single macro action, and 1 at "
        f"`{found.best}` ({found.reference:.1f}), the best of those that know no future. From `mixed` (0) to it "
        f"(1) the best single macro action is at {share:.2f}.",
        *("", "| reference | return | keys | latency | missed |", "|---|---|---|---|---|"),
    ]
    for name, one in sorted(references.items(), key=lambda each: -each[1]["return"]):
        missed = one["missed"] / one["tasks"]
        lines.append(f"| `{name}` | {one['return']:.1f} | {one['key']:.1f} | {one['latency']:.1f} | {missed:.1%} |")
    return [*lines, ""]


def _learners(found: Bench) -> list[str]:
    """What each of them is."""
    rows = [
        f"| `{scheme}` | {found.words['sizes'][scheme]:,} | {found.words['rates'][scheme]:g} |"
        for scheme in found.curves
    ]
    return ["| scheme | numbers learned | `learning.learning_rate`, tuned |", "|---|---|---|", *rows, ""]
