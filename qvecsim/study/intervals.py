"""Intervals of means, by the names that studies know them by; the frames of ``results`` need them too."""

from __future__ import annotations

from qvecsim.results.intervals import LEVEL as LEVEL
from qvecsim.results.intervals import Interval as Interval
from qvecsim.results.intervals import bootstrap as bootstrap
from qvecsim.results.intervals import plain as plain
from qvecsim.results.intervals import student as student
from qvecsim.results.intervals import t_quantile as t_quantile
from qvecsim.results.intervals import t_share as t_share
