"""What the policy was told, smoothed: where a scheme learns, this is its learning curve."""

from __future__ import annotations

import numpy as np

from qvecsim.reports import thin
from qvecsim.reports.chart import Line, over_time
from qvecsim.reports.html import Html, element
from qvecsim.reports.source import Source
from qvecsim.reports.tasks import times
from qvecsim.reports.thin import Thin
from qvecsim.reports.wording import SHARE
from qvecsim.types import Floats

WINDOWS = 20  # of which one fits into the run
LEARNING = (
    "Where a scheme learns during the run, these are its learning curves; elsewhere they show the load of the traffic."
)
TERMS = {"key_term": "keys", "latency_term": "latency", "block_term": "blocks", "drop_term": "drops"}


def smoothed(values: Floats, window: int) -> Floats:
    """The mean of the last ``window`` values at each of them; at the beginning of as many as there are."""
    total = np.concatenate([[0.0], np.cumsum(np.asarray(values, np.float64))])
    end = np.arange(1, len(total))
    begin = np.maximum(end - window, 0)
    mean: Floats = (total[end] - total[begin]) / (end - begin)
    return mean


def section(source: Source) -> Html:
    """Reward, misses, and the terms of the objective."""
    slots = source.run.slots
    window = max(1, len(slots) // WINDOWS)
    time_s = times(source)
    reward = _line("reward", smoothed(slots["reward"].to_numpy(), window), "slots.reward", 0)
    missed = smoothed((slots["late"] + slots["dropped"]).to_numpy(), window)
    ended = smoothed((slots["late"] + slots["dropped"] + slots["done"]).to_numpy(), window)
    rate = np.divide(missed, ended, out=np.full(len(slots), np.nan), where=ended > 0)
    terms = [
        _line(word, smoothed(slots[column].to_numpy(), window), f"slots.{column}", colour)
        for colour, (column, word) in enumerate(TERMS.items())
    ]
    note = f"Mean of the last {window:,} slots."
    return element(
        "section",
        element("h2", "Learning curves"),
        element("p", LEARNING, class_="soft"),
        element(
            "div",
            over_time("Reward per slot", time_s, [reward], "1", note=note),
            over_time(
                "Share of deadlines missed", time_s, [_line("missed", rate, "slots.late+dropped", 3)], SHARE, note=note
            ),
            over_time("Terms of the objective, a cost", time_s, terms, "1", note=note),
            class_="charts",
        ),
        id="learning",
    )


def _line(word: str, values: Floats, of: str, colour: int) -> Line:
    mean = thin.thin(values).mean
    return Line(word, Thin(mean, mean, mean), of, colour)
