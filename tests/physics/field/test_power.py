"""Open-loop power control of uploads in runs of ``field``."""

from __future__ import annotations

import numpy as np
import pytest
from example import S, play, roaming, simulation_of

from qvecsim.kernel.simulation import Simulation
from qvecsim.physics.field import noma
from qvecsim.types import UPLINK

OPEN = {"physics__vec": "field", "keys__per_task_bit": 0, "edge__energy_per_cycle_j": 0.0, "radio__bandwidth_hz": 5e6}
CONTROLLED = OPEN | {"radio__power": "fractional", "radio__power_target_dbm": -75.0}


def play_of(seed, **changes):
    return play(simulation_of(roaming(seed, steps=12), seed=seed, **changes), "nearest")


def begun_of(story):
    """Slot by slot: what was seen, the uploads that began, their rows, and the gains to their units."""
    for (before, after, outcome), seen in zip(story.slots, story.seen, strict=True):
        tasks = np.concatenate([after.tasks, outcome.ended])
        sent = tasks[(tasks["decided_ns"] == before.time_ns) & (tasks["rsu"] >= 0)]
        row = np.searchsorted(seen.vehicle, sent["vehicle"])
        yield before, seen, sent, row, seen.gain[row, sent["rsu"]]


@pytest.mark.parametrize("compensation", [0.0, 0.8, 1.0])
def test_power_is_the_formula_s_at_the_start(compensation):
    less, most = 0, 0
    target_w = 10 ** ((-75.0 - 30) / 10) * (1e-9 ** (compensation - 1))  # the same at 90 dB of loss
    story = play_of(
        3,
        **CONTROLLED
        | {
            "radio__power_compensation": compensation,
            "radio__power_target_dbm": 30 + 10 * np.log10(target_w),
        },
    )
    for _, seen, sent, row, gain in begun_of(story):
        expected_w = np.minimum(seen.tx_power_w[row], target_w * gain**-compensation)
        assert sent["tx_power_w"] == pytest.approx(expected_w)
        less += np.count_nonzero(sent["tx_power_w"] < seen.tx_power_w[row])
        most += np.count_nonzero(sent["tx_power_w"] == seen.tx_power_w[row])
    assert less > 5
    assert most > 0 or compensation == 0.0


def test_it_holds_to_the_last_bit_and_counts_as_energy_interference_and_signal():
    story, held = play_of(4, **CONTROLLED), 0
    power_w = {int(task["task"]): float(task["tx_power_w"]) for task in story.tasks}
    for (before, after, outcome), seen in zip(story.slots, story.seen, strict=True):
        old = before.tasks[(before.tasks["phase"] == UPLINK) & (before.tasks["arrival_ns"] > before.time_ns)]
        gain = seen.gain[np.searchsorted(seen.vehicle, old["vehicle"]), old["rsu"]]
        heard_w = np.bincount(old["rsu"], old["tx_power_w"] * gain, len(seen.edge_hz))
        assert seen.heard_w == pytest.approx(heard_w)
        tasks = np.concatenate([after.tasks, outcome.ended])
        begun = tasks["decided_ns"] == before.time_ns
        sends = tasks[(tasks["rsu"] >= 0) & (begun | np.isin(tasks["task"], old["task"]))]
        gain = seen.gain[np.searchsorted(seen.vehicle, sends["vehicle"]), sends["rsu"]]
        assert sends["tx_power_w"].tolist() == [power_w[int(name)] for name in sends["task"]]
        assert sends["sinr"] == pytest.approx(noma.sinr(sends["tx_power_w"] * gain, sends["rsu"], seen.noise_w, 0.0))
        held += len(old)
    assert held > 10
    sent = story.ended[(story.ended["rsu"] >= 0) & (story.ended["service_end_ns"] > 0)]
    on_air_s = (sent["arrival_ns"] - sent["decided_ns"]) / S
    assert len(sent) > 5
    assert sent["energy_j"] == pytest.approx(sent["tx_power_w"] * on_air_s)


def test_less_power_costs_less_energy():
    full, controlled = (play_of(4, **changes).ended["energy_j"].sum() for changes in (OPEN, CONTROLLED))
    assert controlled < full


def test_a_target_that_nobody_reaches_is_all_the_power():
    full, loud = play_of(5, **OPEN), play_of(5, **CONTROLLED | {"radio__power_target_dbm": 60.0})
    assert full.states[-1].fingerprint == loud.states[-1].fingerprint
    for before, seen, sent, row, _ in begun_of(full):
        assert sent["tx_power_w"].tolist() == seen.tx_power_w[row].tolist(), before.slot


def test_a_run_is_taken_up_at_every_slot():
    make = simulation_of(roaming(8), seed=8, **CONTROLLED)

    def continued(simulation):
        return Simulation(simulation.world.scenario, world=simulation.world, state=simulation.state)

    one, other = play(make.fork(), "roulette"), play(make, "roulette", renew=continued)
    assert one.states[-1].fingerprint == other.states[-1].fingerprint
