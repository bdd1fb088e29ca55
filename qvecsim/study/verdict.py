"""What learning curves of several schemes come to: levels reached, when, and who was sooner by how much.

On the scale of scores the best static policy is 0 and the reference 1, so that a level says how much of what there is
to learn was learned. Two schemes are compared on the seeds that both have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qvecsim.results.intervals import Interval
from qvecsim.study import curves as c
from qvecsim.study.survival import median, restricted_mean
from qvecsim.types import Floats, Ints

LEVELS = (0.5, 0.75, 0.9, 1.0)
AXES = ("slots", "samples", "cpu_s")


@dataclass(frozen=True)
class Curves:
    """Of one scheme: rows are seeds, columns evaluations."""

    seeds: Ints  # (S,)
    places: Mapping[str, Floats]  # (S, K) by axis
    returns: Floats  # (S, K)

    def of(self, seeds: Ints) -> Curves:
        """Some of them, in that order."""
        rows = [int(np.flatnonzero(self.seeds == seed)[0]) for seed in seeds]
        return Curves(seeds, {axis: each[rows] for axis, each in self.places.items()}, self.returns[rows])


class Level(NamedTuple):
    """When a scheme had a score, on one axis."""

    scheme: str
    axis: str
    level: float
    reached: int  # seeds
    mean: float  # restricted to the horizon
    median: float
    horizon: float


class Summary(NamedTuple):
    """A scheme by itself; means over seeds with their intervals."""

    scheme: str
    seeds: int
    final: float  # return
    final_interval: Interval
    score: float  # of the last evaluations
    score_interval: Interval
    area: float  # below the scores, over slots
    area_interval: Interval
    cpu_s: float  # of a whole training


class Against(NamedTuple):
    """The first scheme against another."""

    other: str
    axis: str
    level: float
    seeds: int  # that both have
    reached: int  # by the first
    other_reached: int
    found: c.Speedup


class Verdict(NamedTuple):
    """All of it."""

    summaries: list[Summary]
    levels: list[Level]
    against: list[Against]


def verdict(told: Mapping[str, Curves], static: float, reference: float, hero: str) -> Verdict:
    """From the curves of each scheme; ``hero`` is compared with all others."""
    scores = {scheme: c.score(each.returns, static, reference) for scheme, each in told.items()}
    pairs = [(other, both(told[hero], told[other])) for other in told if other != hero]
    return Verdict(
        [summary(scheme, told[scheme], scores[scheme]) for scheme in told],
        [row for scheme in told for row in _levels(scheme, told[scheme], scores[scheme])],
        [row for other, pair in pairs for row in _against(other, *pair, static, reference)],
    )


def both(one: Curves, other: Curves) -> tuple[Curves, Curves]:
    """Those of the seeds that two schemes have in common."""
    common = np.array(sorted(set(one.seeds.tolist()) & set(other.seeds.tolist())), dtype=np.int64)
    return one.of(common), other.of(common)


def summary(scheme: str, own: Curves, scores: Floats) -> Summary:
    """Where it ended and how much lay below its curve."""
    rows = c.final(own.returns), c.final(scores), c.area(own.places["slots"], scores)
    (final, final_in), (score, score_in), (area, area_in) = map(c.mean_interval, rows)
    spent = float(own.places["cpu_s"][:, -1].mean())
    return Summary(scheme, len(own.seeds), final, final_in, score, score_in, area, area_in, spent)


def horizon(places: Floats, *others: Floats) -> float:
    """As far as every seed of all of them has been followed: nothing is assumed of what lies beyond."""
    return float(min(each[:, -1].min() for each in (places, *others)))


def _levels(scheme: str, own: Curves, scores: Floats) -> list[Level]:
    found = []
    for axis in AXES:
        places, end = own.places[axis], horizon(own.places[axis])
        for level in LEVELS:
            at = c.first(places, scores, level, end)
            mean = restricted_mean(at.times, at.reached, end)
            found.append(Level(scheme, axis, level, int(at.reached.sum()), mean, median(*at), end))
    return found


def _against(name: str, hero: Curves, other: Curves, static: float, reference: float) -> list[Against]:
    rows, seeds = [], len(hero.seeds)
    scores = [c.score(each.returns, static, reference) for each in (hero, other)]
    for axis in AXES:
        mine, theirs = hero.places[axis], other.places[axis]
        end = horizon(mine, theirs)
        for level in LEVELS:
            one, two = c.first(mine, scores[0], level, end), c.first(theirs, scores[1], level, end)
            counts = int(one.reached.sum()), int(two.reached.sum())
            rows.append(Against(name, axis, level, seeds, *counts, c.speedup(one, two, end)))
    return rows


def markdown(found: Verdict, hero: str) -> str:
    """Three tables."""
    lines = ["| scheme | seeds | final return | score | area | CPU s |", "|---|---|---|---|---|---|"]
    for s in found.summaries:
        spans = (span(s.final, s.final_interval, 1), span(s.score, s.score_interval), span(s.area, s.area_interval))
        lines.append(f"| `{s.scheme}` | {s.seeds} | {' | '.join(spans)} | {s.cpu_s:.0f} |")
    lines += ["", "| scheme | axis | level | reached | mean | median | within |", "|---|---|---|---|---|---|---|"]
    for r in found.levels:
        middle = "never" if math.isinf(r.median) else f"{r.median:.0f}"
        lines.append(
            f"| `{r.scheme}` | {r.axis} | {r.level:g} | {r.reached} | {r.mean:.0f} | {middle} | {r.horizon:.0f} |"
        )
    lines += ["", f"| `{hero}` against | axis | level | seeds | reached, other | saved | faster | P(sooner) |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for a in found.against:
        f, counts = a.found, f"{a.reached}, {a.other_reached}"
        row = f"{span(f.saved, f.saved_interval)} | {span(f.faster, f.faster_interval)}"
        lines.append(f"| `{a.other}` | {a.axis} | {a.level:g} | {a.seeds} | {counts} | {row} | {f.sooner:.3f} |")
    return "\n".join(lines)


def span(value: float, interval: Interval, digits: int = 2) -> str:
    """A value and its interval."""
    return f"{value:.{digits}f} [{interval[0]:.{digits}f}, {interval[1]:.{digits}f}]"
