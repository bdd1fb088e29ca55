"""The page of a policy folder: how returns, misses and latency changed from episode to episode."""

from __future__ import annotations

from typing import Any

import numpy as np

from qvecsim.reports import thin
from qvecsim.reports.chart import Line, chart
from qvecsim.reports.html import Html, element, name
from qvecsim.reports.page import page
from qvecsim.reports.table import table
from qvecsim.reports.thin import Thin
from qvecsim.reports.wording import SHARE
from qvecsim.results.intervals import student
from qvecsim.results.lessons import Lessons

CURVES = {
    "return": ("Return", "1"),
    "deadline_miss_rate": ("Share of deadlines missed", SHARE),
    "mean_latency_s": ("Mean latency", "s"),
    "loss": ("Loss", "1"),
    "epsilon": ("Share of random choices", SHARE),
}
CONTENTS = (("training", "Training"), ("evaluation", "Evaluation"), ("origin", "Origin"))


def training_page(lessons: Lessons) -> str:
    """The report of a policy folder as HTML."""
    facts = lessons.facts
    return page(
        f"{facts.get('scenario')}, {facts.get('scheme')}, training",
        CONTENTS if lessons.evaluation is not None else (CONTENTS[0], CONTENTS[2]),
        _heading(lessons),
        _curves(lessons.training),
        None if lessons.evaluation is None else _evaluations(lessons.evaluation),
        _origin(facts),
    )


def _heading(lessons: Lessons) -> Html:
    scheme, scenario = (name(lessons.facts.get(fact)) for fact in ("scheme", "scenario"))
    told = element("p", "What ", element("b", scheme), f" learned in {len(lessons.training):,} episodes.")
    return element("header", element("h1", scenario), told)


def _curves(training: Any) -> Html:
    episode = thin.begins(training["episode"])
    lines = {
        column: Line(column, thin.thin(training[column]), f"training.{column}")
        for column in CURVES
        if column in training
    }
    drawn = [chart(CURVES[column][0], episode, [line], CURVES[column][1], "episode") for column, line in lines.items()]
    return element("section", element("h2", "Training"), element("div", *drawn, class_="charts"), id="training")


def _evaluations(evaluation: Any) -> Html:
    """Means over the replications that were evaluated after so many episodes, and Student's interval as a band."""
    groups = list(evaluation.groupby("episodes"))
    episodes = np.array([count for count, _ in groups], np.float64)
    drawn = []
    for column, (word, unit) in list(CURVES.items())[:3]:
        values = [group[column].dropna().to_numpy(np.float64) for _, group in groups]
        line = Line(column, _spread(values), f"evaluation.{column}")
        drawn.append(chart(word, episodes, [line], unit, "episodes of training"))
    words = "Means over the replications of each evaluation; the band is Student's 95 % interval."
    parts = (element("h2", "Evaluation"), element("p", words, class_="soft"), element("div", *drawn, class_="charts"))
    return element("section", *parts, id="evaluation")


def _spread(values: list[Any]) -> Thin:
    mean = np.array([one.mean() if len(one) else np.nan for one in values])
    spans = [student(one) or (middle, middle) for one, middle in zip(values, mean.tolist(), strict=True)]
    return Thin(mean, *(np.array(end) for end in zip(*spans, strict=True)))


def _origin(facts: dict[str, Any]) -> Html:
    rows = [[name(fact), name(value)] for fact, value in sorted(facts.items()) if isinstance(value, str | int | float)]
    return element("section", element("h2", "Where this comes from"), table(["", ""], rows), id="origin")
