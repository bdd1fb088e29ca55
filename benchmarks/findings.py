"""Rules that turn tables into verdicts on claims; each is a function of the tables, so that nobody judges by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import benched
import numpy as np

from qvecsim.results.intervals import student
from qvecsim.study.curves import Speedup
from qvecsim.study.frames import read_table

HOLDS, NOT, OPEN, UNMEASURED = "holds", "does not hold", "cannot be decided", "not measured yet"
VALIDATION = Path(__file__).parents[1] / "docs/validation.md"
FIGURES = ("fig4", "fig5", "fig6", "fig7", "fig8", "fig9", "fig10", "ablation", "shots", "noise", "bench")
UNITS = {"mean_latency_s": " s", "key_rate_bps": " bit/s", "return": "", "quantum_cx_shots": ""}


class Finding(NamedTuple):
    """What came of a claim."""

    measured: str
    verdict: str
    why: str = ""


class Tables:
    """The tables of the figures in a folder, as far as they are there."""

    names = FIGURES

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words = cache(self._words)
        self.draws = cache(self._draws)

    def _words(self, name: str) -> dict[str, Any] | None:
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    def _draws(self, name: str) -> list[dict[str, Any]]:
        path = self.folder / f"{name}_draws.csv"
        return read_table(path) if path.is_file() else []

    def curve(self, name: str, metric: str, by: Any) -> dict[Any, dict[str, float]]:
        """The values of one line by place on the axis and by draw."""
        found: dict[Any, dict[str, float]] = {}
        for row in self.draws(name):
            if row["metric"] == metric and row["by"] == by:
                found.setdefault(row["x"], {})[row["draw"]] = row["value"]
        return found


Rule = Callable[[Tables], Finding]


SAME_SHARE = 0.01  # of the rival's level: nearer than that, two lines are called the same


class Gap(NamedTuple):
    """A paired difference of two lines: its mean and interval, over how many draws, and the level of the second."""

    mean: float
    low: float
    high: float
    n: int
    level: float = 0.0

    @property
    def sign(self) -> int:
        """-1 or 1 where the interval is below or above zero; 0 where it contains zero, or nothing is known."""
        return -1 if self.high < 0.0 else 1 if self.low > 0.0 else 0

    @property
    def is_nothing(self) -> bool:
        """Whether all of the interval is within a hundredth of the level, so that both lines are the same."""
        return max(abs(self.low), abs(self.high)) <= SAME_SHARE * self.level


def gap(values: Sequence[float], level: float = 0.0) -> Gap:
    """What is known about the mean of paired differences."""
    known = np.array([value for value in values if not math.isnan(value)])
    low, high = student(known) or (math.nan, math.nan)
    return Gap(float(known.mean()) if len(known) else math.nan, low, high, len(known), level)


def paired(ours: Mapping[Any, Mapping[str, float]], theirs: Mapping[Any, Mapping[str, float]]) -> Gap:
    """Ours less theirs: the mean over the places that both have within a draw, then over draws."""
    places = [place for place in ours if place in theirs]
    draws = dict.fromkeys(draw for place in places for draw in ours[place] if draw in theirs[place])
    whole = [draw for draw in draws if all(draw in side[place] for side in (ours, theirs) for place in places)]
    level = abs(float(np.nanmean([theirs[p][draw] for p in places for draw in whole] or [math.nan])))
    return gap([float(np.mean([ours[p][draw] - theirs[p][draw] for p in places])) for draw in whole], level)


def last(curve: Mapping[Any, Mapping[str, float]], places: int = 1) -> dict[Any, Mapping[str, float]]:
    """The end of a curve."""
    return {place: curve[place] for place in sorted(curve)[-places:]}


def told(found: Gap, metric: str) -> str:
    """As the page has it."""
    unit = UNITS.get(metric, "")
    if math.isnan(found.low):
        return f"{found.mean:+.4g}{unit} (n = {found.n})"
    return f"{found.mean:+.4g}{unit} [{found.low:+.4g}, {found.high:+.4g}] (n = {found.n})"


def judged(found: Gap, side: int) -> str:
    """The verdict on a difference that should be on one side of zero."""
    if found.sign == side:
        return HOLDS
    return NOT if found.sign == -side or found.is_nothing else OPEN


def together(verdicts: Sequence[str]) -> str:
    """Of several parts that must all hold."""
    return next((word for word in (NOT, UNMEASURED, OPEN) if word in verdicts), HOLDS)


def beside(
    name: str,
    metric: str,
    hero: Any,
    rivals: Sequence[Any],
    side: int,
    *,
    places: int | None = None,
    at: Callable[[Any], bool] = lambda place: True,
) -> Rule:
    """``hero`` is on one side of every rival, in the mean over the axis; of curves, in the last few places."""

    def rule(tables: Tables) -> Finding:
        curves = {line: tables.curve(name, metric, line) for line in (hero, *rivals)}
        missing = [str(line) for line, curve in curves.items() if not curve]
        if missing:
            return Finding("-", UNMEASURED, f"no {', '.join(missing)} in {name}")
        parts = {line: {p: v for p, v in curve.items() if at(p)} for line, curve in curves.items()}
        parts = {line: last(curve, places) if places else curve for line, curve in parts.items()}
        gaps = {rival: paired(parts[hero], parts[rival]) for rival in rivals}
        words = [f"{hero} less {rival}: {told(found, metric)}" for rival, found in gaps.items()]
        verdicts = {rival: judged(found, side) for rival, found in gaps.items()}
        verdict = together(list(verdicts.values()))
        return Finding("; ".join(words), verdict, _against(verdict, verdicts, gaps))

    return rule


def _against(verdict: str, verdicts: Mapping[Any, str], gaps: Mapping[Any, Gap]) -> str:
    if verdict == HOLDS:
        return ""
    same = [str(rival) for rival in verdicts if gaps[rival].is_nothing]
    other = [str(rival) for rival, word in verdicts.items() if word == verdict and str(rival) not in same]
    parts = [f"against {', '.join(other)}"] if other else []
    return "; ".join([*parts, *([f"the same as {', '.join(same)}"] if same and verdict == NOT else [])])


def trend(name: str, metric: str, lines: Sequence[Any], side: int) -> Rule:
    """Each line ends above (1) or below (-1) where it begins."""

    def rule(tables: Tables) -> Finding:
        curves = {line: tables.curve(name, metric, line) for line in lines}
        if missing := [str(line) for line, curve in curves.items() if len(curve) < 2]:
            return Finding("-", UNMEASURED, f"no {', '.join(missing)} in {name}")
        ends = {line: (curve[max(curve)], curve[min(curve)]) for line, curve in curves.items()}
        gaps = {line: paired({"end": final}, {"end": first}) for line, (final, first) in ends.items()}
        verdicts = {line: judged(found, side) for line, found in gaps.items()}
        words = [f"{line}, last less first: {told(found, metric)}" for line, found in gaps.items()]
        verdict = together(list(verdicts.values()))
        return Finding("; ".join(words), verdict, _against(verdict, verdicts, gaps).replace("the same as", "flat:"))

    return rule


def spread(name: str, metric: str, hero: Any, rivals: Sequence[Any], side: int) -> Rule:
    """``hero`` varies less (-1) or more (1) along the axis than its rivals: greatest less least mean, within a draw."""

    def rule(tables: Tables) -> Finding:
        curves = {line: tables.curve(name, metric, line) for line in (hero, *rivals)}
        if missing := [str(line) for line, curve in curves.items() if len(curve) < 2]:
            return Finding("-", UNMEASURED, f"no {', '.join(missing)} in {name}")
        ranges = {line: {"range": _ranges(curve)} for line, curve in curves.items()}
        gaps = {rival: paired(ranges[hero], ranges[rival]) for rival in rivals}
        verdicts = {rival: judged(found, side) for rival, found in gaps.items()}
        words = [f"range of {hero} less {rival}: {told(found, metric)}" for rival, found in gaps.items()]
        verdict = together(list(verdicts.values()))
        return Finding("; ".join(words), verdict, _against(verdict, verdicts, gaps))

    return rule


def _ranges(curve: Mapping[Any, Mapping[str, float]]) -> dict[str, float]:
    draws = dict.fromkeys(draw for values in curve.values() for draw in values)
    whole = [draw for draw in draws if all(draw in values for values in curve.values())]
    return {draw: float(np.ptp([values[draw] for values in curve.values()])) for draw in whole}


def saving(name: str, metric: str, hero: Any, rival: Any) -> Rule:
    """What ``hero`` takes less than its rival at each place, %; it holds where that is above zero at all of them."""

    def rule(tables: Tables) -> Finding:
        ours, theirs = (tables.curve(name, metric, line) for line in (hero, rival))
        if not ours or not theirs:
            return Finding("-", UNMEASURED, f"no {hero}, {rival} in {name}")
        shares = {
            x: gap([100.0 * (1.0 - ours[x][draw] / theirs[x][draw]) for draw in ours[x] if draw in theirs[x]])
            for x in ours
            if x in theirs
        }
        words = [f"at {x:g}: {found.mean:.1f} % (n = {found.n})" for x, found in shares.items()]
        verdicts = [judged(found, 1) for found in shares.values()]
        return Finding(f"{hero} less than {rival}, " + ", ".join(words), together(verdicts))

    return rule


def sooner(rivals: Sequence[str], level: float, axis: str, share: float = 0.0, *, ratio: bool = False) -> Rule:
    """The hero of the bench needs less than every rival for a level: by ``share`` of theirs, or as a ratio of speeds.

    It holds where the whole interval is above ``share``, and does not where all of it is below.
    """

    def rule(tables: Tables) -> Finding:
        rows = {rival: benched.speedup(tables.folder, rival, level, axis) for rival in rivals}
        if missing := [rival for rival, row in rows.items() if row is None]:
            return Finding("-", UNMEASURED, f"no {', '.join(missing)} in bench")
        found = {rival: _speed(*row, ratio=ratio) for rival, row in rows.items() if row is not None}
        verdicts = {rival: judged_share(gap, share) for rival, gap in found.items()}
        verdict = together(list(verdicts.values()))
        words = [f"against {rival}: {told_share(gap)}" for rival, gap in found.items()]
        against = [rival for rival, word in verdicts.items() if word == verdict]
        return Finding("; ".join(words), verdict, "" if verdict == HOLDS else f"against {', '.join(against)}")

    return rule


def _speed(found: Speedup, seeds: int, *, ratio: bool) -> Gap:
    if ratio:
        return Gap(found.faster, *found.faster_interval, seeds)
    return Gap(found.saved, *found.saved_interval, seeds)


def told_share(found: Gap) -> str:
    """A share in %."""
    mean, low, high = (100.0 * value for value in found[:3])
    return f"{mean:+.0f} % [{low:+.0f}, {high:+.0f}] (n = {found.n})"


def judged_share(found: Gap, share: float) -> str:
    """The verdict on what should be above ``share``."""
    return HOLDS if found.low > share else NOT if found.high < share else OPEN


def both(*rules: Rule) -> Rule:
    """All of several."""

    def rule(tables: Tables) -> Finding:
        found = [one(tables) for one in rules]
        why = "; ".join(dict.fromkeys(one.why for one in found if one.why))
        return Finding("; ".join(one.measured for one in found), together([one.verdict for one in found]), why)

    return rule


def known(measured: str, verdict: str, why: str = "") -> Rule:
    """What needs no table: a definition, or what no measurement can tell."""
    return lambda tables: Finding(measured, verdict, why)


def validated(name: str) -> Rule:
    """What a row of docs/validation.md says, which a test holds to its tolerance."""
    rows = [line for line in VALIDATION.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{name}` |")]
    if not rows:
        return waiting("python tests/validation/table.py")
    _, _, what, ours, published, *_ = (cell.strip() for cell in rows[0].split("|"))
    return known(f"{what}: {ours} against {published} (validation.md, `{name}`)", HOLDS)


def at_least(value: float, limit: float, words: str) -> Rule:
    """What arithmetic says: ``words`` with both numbers, true where ``value`` reaches ``limit``."""
    return known(words.format(value, limit), HOLDS if value >= limit else NOT)


def waiting(command: str, why: str = "") -> Rule:
    """What nobody has measured."""
    return known(command, UNMEASURED, why)
