"""What is published, and what this checkout makes of it: one test a row, and the page that shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from .case import Case, Exact, Factor, Interval, Within
from .cases import CASES, NOT_REPRODUCED, TO_COME, found
from .table import page

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"


def told(case):
    """A row as a report has it."""
    return f"{case.name}: {case.what}"


@pytest.mark.parametrize("case", CASES, ids=told)
def test_it_agrees_with_what_is_published(case):
    assert case.met(found(case)), case.row(found(case))
    assert case.source
    assert not case.reason


@pytest.mark.parametrize("case", NOT_REPRODUCED, ids=told)
def test_it_has_a_reason_and_is_not_reproduced_after_all(case):
    assert case.reason
    assert found(case) is None or not case.met(found(case)), "it agrees: move it to the others"


def test_the_page_is_what_the_command_writes():
    assert PAGE.read_text(encoding="utf-8") == page()


def test_rows_are_all_different():
    rows = [told(case) for case in (*CASES, *NOT_REPRODUCED, *TO_COME)]
    assert len(set(rows)) == len(rows)


def case_of(published, tolerance):
    return Case("a.case", "", None, published, tolerance, "-")


@pytest.mark.parametrize(
    ("published", "tolerance", "near", "far"),
    [
        (2.0, Within(0.1), 2.09, 2.11),
        (-2.0, Within(0.1, relative=True), -2.19, -2.21),
        (3, Exact(), 3, 3.001),
        (10.0, Factor(2.0), 5.1, 4.9),
        ((1.0, 2.0), Within(0.1), (1.05, 1.95), (1.05, 1.85)),
    ],
)
def test_a_tolerance_tells_near_from_far(published, tolerance, near, far):
    case = case_of(published, tolerance)
    assert case.met(np.array(near))
    assert not case.met(np.array(far))


def test_an_interval_tells_runs_that_miss_from_runs_that_do_not():
    runs = np.random.default_rng(0).normal(5.0, 1.0, (1, 8))
    assert case_of(5.0, Interval()).met(runs)
    assert not case_of(9.0, Interval()).met(runs)
    assert not case_of(np.nan, Interval()).met(runs)
