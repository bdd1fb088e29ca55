"""Random numbers depend on seed, replication, name and slot, and on nothing else."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from example import few
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.streams import ONCE, Streams, branch

NAMES = st.sampled_from(["fading", "births", "policy", "regime", "climate", "interval"])
QUESTIONS = st.lists(st.tuples(NAMES, st.integers(ONCE, 10**9)), min_size=1, max_size=12)

# A canary: whoever changes these changes every result at equal seed, and says so under [NUMBERS].
GOLDEN = {
    ("fading", 0): [9143691111335258184, 8678470545225452251, 3645428807147177545],
    ("births", 17): [7175258771257041837, 5483282496834747708, 6993648277254415241],
    ("kind", ONCE): [585604203090125171, 309784622865631401, 6764745741730711085],
}


def first(streams, name, slot=ONCE, count=3):
    return streams.at(name, slot).integers(0, 2**63, count).tolist()


@pytest.mark.parametrize("question", GOLDEN)
def test_golden_numbers(question):
    assert first(Streams(1), *question) == GOLDEN[question]


def test_golden_fading():
    drawn = Streams(seed=1).at("fading", 0).standard_exponential(3)
    assert drawn.tolist() == pytest.approx([0.7538387670821173, 0.4608630017202431, 0.3210661826987339], rel=1e-12)


@few
@given(seed=st.integers(0, 2**63 - 1), questions=QUESTIONS, order=st.randoms())
def test_answers_do_not_depend_on_the_order_of_questions(seed, questions, order):
    streams = Streams(seed)
    answers = {question: first(streams, *question) for question in questions}
    order.shuffle(questions)
    assert answers == {question: first(streams, *question) for question in {*questions}}


@few
@given(one=st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 99), NAMES, st.integers(ONCE, 10**9)), data=st.data())
def test_every_other_question_has_another_answer(one, data):
    seed, replication, name, slot = one
    others = [(seed + 1, replication, name, slot), (seed, replication + 1, name, slot)]
    others += [(seed, replication, name + ".", slot), (seed, replication, name, slot + 1)]
    answers = [first(Streams(a, b), c, d) for a, b, c, d in (one, *others)]
    assert len({tuple(answer) for answer in answers}) == len(answers)


def test_streams_are_uncorrelated():
    columns = [
        Streams(seed, replication).at(name, slot).standard_normal(4000)
        for seed, replication, name, slot in [
            (0, 0, "a", 0),
            (0, 0, "a", 1),
            (0, 0, "b", 0),
            (0, 1, "a", 0),
            (1, 0, "a", 0),
        ]
    ]
    correlation = np.corrcoef(columns) - np.eye(len(columns))
    assert np.abs(correlation).max() < 4 / np.sqrt(4000)


def test_slots_of_a_stream_are_uniform_together():
    # The first number of each of many slots, which a poor seeding would correlate.
    drawn = np.array([Streams(3).at("regime", slot).random() for slot in range(3000)])
    counts = np.histogram(drawn, bins=10, range=(0, 1))[0]
    assert np.square(counts - 300).sum() / 300 < 27.9  # chi-squared, 9 degrees, p = 0.001
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 4 / np.sqrt(3000)


def test_a_name_has_the_same_branch_in_every_process():
    command = "from qvecsim.streams import branch; print(branch('fading'))"
    told = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout
    assert int(told) == branch("fading") == 5328264726162262767
    assert branch("fading") != branch("Fading")
