"""A server that lends a share of its clock to its block: against its clock, by the nanosecond, and against a fluid.

The fluid goes from event to event (arrivals, ends, the beginnings and ends of loans) at rates that it sets anew each
time; it knows no slots and no own time.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from example import POLICIES, few, play, roaming, same, simulation_of, story_of
from hypothesis import given
from hypothesis import strategies as st

from qvecsim.kernel.simulation import Simulation
from qvecsim.physics.lending import Own, owns
from qvecsim.types import DROPPED, RETURN, UPLINK, Loan
from qvecsim.units import NS_PER_S, ns, ns_array

QUEUES = ("fcfs", "servers", "ps", "sqrt", "unlimited")
LONG = {"chain__cycles_per_bit": 5e4, "chain__interval_s": [0.6, 1.5, 2.25]}  # a block takes a slot or so
FAR = {"vehicles__local_hz": 0.2e9, "edge__clock_hz": {"low": 1.2e9, "high": 2.5e9}}


def lending(queue, share, **more):
    servers = {"edge__servers": 2} if queue == "servers" else {}
    return {
        "edge__queue": queue,
        "chain__clock_share": share,
        "keys__missing": "expose",
        **servers,
        **LONG,
        **FAR,
        **more,
    }


def story_with(queue, share, seed=5, steps=20, name="nearest", **more):
    return story_of(seed, name, steps=steps, **lending(queue, share, **more))


@given(
    st.fractions(0, 1),
    st.lists(st.integers(0, 40), min_size=2, max_size=6, unique=True),
    st.integers(0, 45),
)
def test_own_time_is_the_clock_less_what_is_lent(share, edges, upto):
    edges = sorted(edges)[: len(edges) // 2 * 2]
    spans = tuple(zip(edges[::2], edges[1::2], strict=True))
    own = Own(share, spans)
    times = [own.own_ns(t) for t in range(60)]
    for t, value in enumerate(times):
        lent = [share * (min(t, end) - begin) for begin, end in spans if t > begin]
        assert value == t - sum(map(math.floor, lent))
    assert all(0 <= later - now <= 1 for now, later in pairwise(times))
    assert own.clock_ns(upto) == next(t for t in range(200) if own.own_ns(t) >= upto)
    assert own.all_lent_ns() == 59 - times[59]


def test_loans_are_cut_to_the_slot_and_by_server():
    prm = simulation_of(roaming(1), chain__clock_share=0.25).world.scenario
    found = owns([Loan(2, 0, 15), Loan(0, 15, 17), Loan(2, 18, 99), Loan(1, 3, 10)], prm, 10, 20)
    assert found == {0: Own(Fraction(1, 4), ((15, 17),)), 2: Own(Fraction(1, 4), ((10, 15), (18, 20)))}


def rates(queue, processors, work):
    """What part of the server's clock each of those present has, in the order in which they came."""
    count, roots = len(work), np.sqrt(work)
    if queue == "unlimited":
        return np.ones(count)
    if queue in ("fcfs", "servers"):
        return np.where(np.arange(count) < processors, 1.0, 0.0)
    return np.full(count, 1.0 / max(count, 1)) if queue == "ps" else roots / roots.sum()


def fluid(queue, processors, jobs, loans, share):
    """Ends by number, of jobs (arrival, number, work): from event to event."""
    jobs, present, ends, now = sorted(jobs), [], {}, 0.0
    edges = sorted(edge for loan in loans for edge in loan)
    while jobs or present:
        speed = 1.0 - share * any(begin <= now < end for begin, end in loans)
        rate = speed * rates(queue, processors, np.array([work for _, _, work in present]))
        with np.errstate(divide="ignore"):
            due = [now + left / r if r > 0 else math.inf for (left, _, _), r in zip(present, rate, strict=True)]
        then = min([*due, *(edge for edge in edges if edge > now), *(job[0] for job in jobs[:1])])
        present = [[left - r * (then - now), *job] for (left, *job), r in zip(present, rate, strict=True)]
        now = then
        for row in reversed(range(len(present))):
            if due[row] <= now:
                ends[present.pop(row)[1]] = now
        while jobs and jobs[0][0] <= now:
            _, number, work = jobs.pop(0)
            present.append([work, number, work])
    return ends


def loans_of(story, unit):
    name = story.world.scene.rsu[unit]
    blocks = [b for outcome in story.outcomes for b in outcome.blocks if b["producer"] == name]
    return [(ns(b["time_s"]), ns(b["time_s"]) + ns(b["generation_s"])) for b in blocks]


def jobs_of(story, unit):
    """(arrival, number, work) of all that came to a server, those that were given up there, too."""
    end_ns, tasks = story.states[-1].time_ns, story.tasks
    came = (tasks["rsu"] == unit) & (tasks["arrival_ns"] >= 0) & (tasks["arrival_ns"] < end_ns)
    came &= ~((tasks["outcome"] == DROPPED) & (tasks["phase"] == UPLINK))
    here = tasks[came]
    work = ns_array(here["cycles"] / story.world.scene.edge_hz[unit])
    return list(zip(here["arrival_ns"].tolist(), here["task"].tolist(), work.tolist(), strict=True))


@pytest.mark.parametrize("share", [0.3, 0.85, 1.0])
@pytest.mark.parametrize("queue", QUEUES)
def test_services_are_those_of_a_fluid_from_event_to_event(queue, share):
    story = story_with(queue, share, steps=50)
    processors, compared, slowed = story.world.scenario.edge.servers, 0, 0
    for unit in range(4):
        jobs, loans = jobs_of(story, unit), loans_of(story, unit)
        found = fluid(queue, processors, jobs, loans, share)
        plain = fluid(queue, processors, jobs, [], 0.0)
        for task in story.tasks[(story.tasks["rsu"] == unit) & (story.tasks["phase"] == RETURN)]:
            number = int(task["task"])
            # Rounded once for its work and for each event that it saw; those who share, in turns of a nanosecond.
            nearly_ns = 500 if queue in ("ps", "sqrt") else 50
            assert task["service_end_ns"] == pytest.approx(found[number], abs=nearly_ns)
            compared, slowed = compared + 1, slowed + (found[number] > plain[number] + 1000)
    assert compared > 20
    assert slowed > 5


@few
@given(
    seed=st.integers(0, 2**32),
    queue=st.sampled_from(QUEUES[:-1]),
    share=st.sampled_from([0.1, 0.5, 1.0]),
    slot_s=st.sampled_from([0.5, 2.0]),
)
def test_work_served_and_left_is_the_work_that_came(seed, queue, share, slot_s):
    story = story_with(queue, share, seed, steps=12, name="roulette", slot_s=slot_s)
    processors, units = story.world.scenario.edge.servers, 4
    came_ns = np.zeros(units, dtype=np.int64)
    for unit in range(units):
        came_ns[unit] = sum(work for _, _, work in jobs_of(story, unit))
    served_s = sum(outcome.servers["busy_s"] for outcome in story.outcomes) * processors
    left_s = story.outcomes[-1].servers["backlog_s"] * processors
    assert served_s + left_s == pytest.approx(came_ns / NS_PER_S, abs=1e-7)
    for outcome in story.outcomes:
        servers = outcome.servers
        assert (servers["busy_s"] >= 0).all()
        assert (servers["busy_s"] + servers["lent_s"] <= slot_s + 1e-9).all()


@pytest.mark.parametrize("queue", ["fcfs", "servers"])
@pytest.mark.parametrize("profile", ["amended", "paper"])
def test_what_is_lent_makes_the_blocks(queue, profile):
    story = story_with(queue, 0.4, steps=30, profile=profile, slot_s=0.5)
    scene, prm = story.world.scene, story.world.scenario
    lent_s = sum(outcome.servers["lent_s"] for outcome in story.outcomes)
    blocks, end_s = [b for outcome in story.outcomes for b in outcome.blocks], story.states[-1].time_ns / NS_PER_S
    assert len(blocks) > 5
    for unit, name in enumerate(scene.rsu):
        spans = [
            (b, min(b["time_s"] + b["generation_s"], end_s) - b["time_s"]) for b in blocks if b["producer"] == name
        ]
        cycles = sum(prm.chain.cycles_per_bit * b["size_bit"] * span / b["generation_s"] for b, span in spans)
        lent_cycles = lent_s[unit] * prm.edge.servers * scene.edge_hz[unit]
        assert lent_cycles == pytest.approx(cycles, rel=1e-6)


def test_field_makes_a_block_with_the_share_and_signs_it():
    story = story_with("fcfs", 0.4, profile="field")
    scene, c = story.world.scene, story.world.scenario.chain
    for outcome in story.outcomes:
        for block in outcome.blocks:
            clock_hz = 0.4 * scene.edge_hz[scene.rsu.index(block["producer"])]
            assert block["generation_s"] == pytest.approx(c.cycles_per_bit * block["size_bit"] / clock_hz, abs=2e-3)


def test_a_round_that_was_missed_lends_nothing():
    story = story_with("fcfs", 0.5, chain__validators__absent=["r0", "r1", "r2", "r3"])
    assert {b["outcome"] for outcome in story.outcomes for b in outcome.blocks} == {"missed"}
    assert not any(outcome.servers["lent_s"].any() for outcome in story.outcomes)


def stored(simulation):
    return Simulation(simulation.world.scenario, world=simulation.world, state=simulation.state)


@pytest.mark.parametrize("queue", QUEUES)
@pytest.mark.parametrize("name", [POLICIES[-1]])
def test_a_run_is_taken_up_at_every_slot(name, queue):
    make = simulation_of(roaming(8, steps=12), seed=8, **lending(queue, 0.6))
    one, other = play(make.fork(), name), play(make, name, renew=stored)
    assert same(one.states, other.states)
    assert same(one.outcomes, other.outcomes)
    assert any(state.made_ns > state.time_ns for state in one.states)  # a block is made across boundaries


def test_without_a_share_nothing_is_other_than_it_was():
    one, other = (story_of(3, "greedy", steps=8, chain__clock_share=share, **LONG) for share in (None, 1e-12))
    assert not any(outcome.servers["lent_s"].any() for outcome in one.outcomes)
    tasks = [story.tasks[["task", "service_start_ns"]].tolist() for story in (one, other)]
    assert tasks[0] == tasks[1]
