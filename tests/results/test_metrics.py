from __future__ import annotations

import math

import pytest

from qvecsim.results import metrics
from qvecsim.results.recorder import Recorder
from qvecsim.results.schema import SUMMARY
from qvecsim.results.store import read
from qvecsim.results.writing import writing

from .example import NAMES


@pytest.fixture
def nothing(tmp_path):
    """A run in which nothing ever happened."""
    with writing(tmp_path / "nothing", "abc") as folder:
        folder.finish(scenario="", tables=Recorder(folder.path, "abc", **NAMES).close())
    return read(tmp_path / "nothing")


def test_the_four_metrics_by_hand(run):
    assert metrics.returns(run.slots) == -4.5
    assert metrics.mean_latency_s(run.tasks) == pytest.approx((1.000000001 + 3.0) / 2)
    assert metrics.key_rate_bps(run.links) == 1.0
    assert metrics.deadline_miss_rate(run.tasks) == 2 / 3
    used = metrics.utilisation(run)
    assert used == {
        "server_busy": 0.5,
        "band_used": 0.25,
        "keys_used": 2 * 18 / 15,  # consumed, and relayed
        "key_store_byte": 6 / 8,
        "ledger_byte": 2048.0,
    }


def test_of_nothing_there_is_no_mean(nothing):
    assert metrics.returns(nothing.slots) == 0.0
    means = (
        metrics.mean_latency_s(nothing.tasks),
        metrics.key_rate_bps(nothing.links),
        metrics.deadline_miss_rate(nothing.tasks),
        *[metrics.utilisation(nothing)[name] for name in ("server_busy", "band_used", "keys_used", "key_store_byte")],
    )
    assert all(math.isnan(mean) for mean in means)


def test_the_tables_tell_the_summary(run, nothing):
    found = metrics.from_tables(run)
    known = [column.name for column in SUMMARY]
    assert [name for name in known if name in found] == list(found)
    assert found["tasks_generated"] == 4
    assert [found[f"tasks_{name}"] for name in ("done", "late", "dropped", "in_flight")] == [1, 1, 1, 1]
    assert found["energy_j"] == 0.5
    assert found["mean_finality_s"] == 2.0
    assert found["exposed_tasks"] == 1
    assert metrics.from_tables(nothing).keys() == found.keys()


def test_a_summary_is_aligned_and_has_units(summary):
    lines = metrics.render(
        {**summary, "run_id": "0123abcd", "mean_latency_s": None, "energy_j": 1234567.8}
    ).splitlines()
    assert len(lines) == len(SUMMARY)
    assert lines[0].split() == ["run", "id", "0123abcd"]
    by_label = {line[:22].strip(): line[22:].strip() for line in lines}
    assert by_label["mean latency"] == "-"
    assert by_label["energy"] == "1,234,568 J"
    assert by_label["key rate"] == "0.1235 bit/s"
    assert by_label["keys generated"] == "12,345 bit"
    assert by_label["seed"] == "12345"
    assert by_label["deadline miss rate"] == "0.1235"
    assert not any(line != line.rstrip() for line in lines)


def test_a_summary_may_be_short():
    assert metrics.render({"slots": 3}) == "slots  3"
    assert metrics.render({}) == ""
    assert metrics.render({"quantum_cx": 0, "quantum_training_cx": 0}) == "quantum cx  0"
    assert "quantum training cx" in metrics.render({"quantum_cx": 0, "quantum_training_cx": 2})
