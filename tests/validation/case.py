"""What a validation case is: a name, what is computed now, what is published, and how near they must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student


@dataclass(frozen=True)
class Within:
    """So near to the published value, in its unit or, if ``relative``, as a share of it."""

    most: float
    relative: bool = False
    unit: str = ""

    def met(self, ours, published):
        scale = np.abs(published) if self.relative else 1.0
        return bool(np.all(np.abs(ours - published) <= self.most * scale))

    def deviation(self, ours, published):
        apart = (ours - published) / np.abs(published) if self.relative else ours - published
        worst = apart[np.argmax(np.abs(apart))]
        return percent(worst) if self.relative else f"{worst:+.3g}{self.unit}" if worst else "0"

    def __str__(self):
        return f"{100 * self.most:g} %" if self.relative else f"{self.most:g}{self.unit}"


class Exact(Within):
    """Equal."""

    def __init__(self):
        super().__init__(0.0)

    def __str__(self):
        return "exact"


@dataclass(frozen=True)
class Rounding:
    """Two ways to one number, of which ``ours`` is the largest difference: less than this, what floats leave."""

    most: float

    def met(self, ours, published):
        return bool(np.all(np.abs(ours) <= self.most))

    def deviation(self, ours, published):
        # The digits of rounding errors differ between machines.
        return f"below {self.most:g}" if self.met(ours, published) else f"{np.abs(ours).max():.2g}"

    def __str__(self):
        return f"{self.most:g}"


@dataclass(frozen=True)
class Factor:
    """Within this factor of what is published."""

    most: float

    def met(self, ours, published):
        return bool(np.all((ours <= self.most * published) & (published <= self.most * ours)))

    def deviation(self, ours, published):
        ratio = ours / published
        return f"x {ratio[np.argmax(np.abs(np.log(ratio)))]:.3g}"

    def __str__(self):
        return f"factor {self.most:g}"


@dataclass(frozen=True)
class Bound:
    """On the right side of what is published: at most, or at least."""

    least: bool = False

    def met(self, ours, published):
        return bool(np.all(ours >= published if self.least else ours <= published))

    def deviation(self, ours, published):
        return "holds" if self.met(ours, published) else "broken"

    def __str__(self):
        return "at least" if self.least else "at most"


@dataclass(frozen=True)
class Interval:
    """``ours`` are independent runs (quantities, runs), whose 99.9 % intervals must hold what is published.

    The page has the 95 % interval. At that level one true row in twenty would fail by chance.
    """

    share: float = 0.999

    @staticmethod
    def half(runs, share):
        return student.ppf(0.5 + share / 2, runs.shape[1] - 1) * runs.std(axis=1, ddof=1) / np.sqrt(runs.shape[1])

    def met(self, ours, published):
        return bool(np.all(np.abs(ours.mean(axis=1) - published) <= self.half(ours, self.share)))

    def deviation(self, ours, published):
        apart = ours.mean(axis=1) / published - 1.0
        return percent(apart[np.argmax(np.abs(apart))])

    def __str__(self):
        return "99.9 % interval"


@dataclass(frozen=True)
class Case:
    """One row of the page. With a ``reason`` it is one that cannot be reproduced, and ``ours`` may be missing."""

    name: str
    what: str
    ours: Callable[[], Any] | None
    published: Any
    tolerance: Within | Rounding | Factor | Bound | Interval
    source: str
    unit: str = ""
    digits: int = 6
    reason: str = ""

    def row(self, ours):
        """Its cells: name, what, ours, published, deviation, tolerance, source; without ours a dash."""
        published = np.atleast_1d(np.asarray(self.published, dtype=float))
        told = ", ".join(f"{value:.{self.digits}g}" for value in published) + self.unit
        if isinstance(self.tolerance, Rounding):
            told = "equal"
        if ours is None:
            return self.name, self.what, "-", told if len(published) else "-", "-", "-", self.source
        shown = self.shown(ours)
        # Deviations of what is shown, so that the last bits of a machine do not show in them.
        apart = self.tolerance.deviation(ours if shown is None else shown, published)
        found = self.intervals(ours) if shown is None else ", ".join(f"{value:.{self.digits}g}" for value in shown)
        found = apart if isinstance(self.tolerance, Rounding) else found + self.unit
        return self.name, self.what, found, told, apart, str(self.tolerance), self.source

    def shown(self, ours):
        """Values as the page has them; None for runs."""
        if isinstance(self.tolerance, Interval):
            return None
        return np.array([float(f"{value:.{self.digits}g}") for value in np.atleast_1d(ours)])

    def intervals(self, runs):
        """Means with half of their 95 % intervals."""
        half = Interval.half(runs, 0.95)
        return ", ".join(f"{mean:.4g} ± {more:.2g}" for mean, more in zip(runs.mean(axis=1), half, strict=True))

    def met(self, ours):
        """Whether it agrees."""
        return self.tolerance.met(np.atleast_1d(ours), np.atleast_1d(np.asarray(self.published, dtype=float)))


def percent(share):
    """A share in per cent, with its sign; 0 below a millionth of one."""
    return f"{100 * share:+.2g} %" if abs(share) > 1e-8 else "0"
