"""The table of parameters: complete, documented, and the paper's own where the paper gives values."""

from __future__ import annotations

from pathlib import Path

import pytest

from qvecsim.scenario.table import markdown, rows

# Table II in its order.
TABLE_II = {
    "qkd.qbers": ((0.01, 0.05, 0.1), "-"),
    "qkd.pair_rates_hz": ((10.0, 20.0, 50.0), "1/s"),
    "qkd.visibilities": ((0.8, 0.85, 0.9, 0.95, 1.0), "-"),
    "qkd.efficiencies": ((0.8, 0.9, 1.0), "-"),
    "radio.bandwidth_hz": (35e6, "Hz"),
    "radio.downlink_hz": (35e6, "Hz"),
    "tasks.classes.<name>.cycles": ((0.5e9, 1.8e9, 3.0e9), "cycles"),
    "radio.noise_dbm": (-174.0, "dBm"),
    "radio.admission_db": (18.0, "dB"),
    "chain.cycles_per_bit": (737.5, "cycles/bit"),
    "tasks.classes.<name>.deadline_s": ({"low": 0.2, "high": 1.0}, "s"),
    "chain.deadline_s": (1.0, "s"),
    "vehicles.tx_power_w": ((1.0, 5.0, 10.0, 20.0), "W"),
    "vehicles.local_hz": (0.5e9, "Hz"),
    "edge.clock_hz": (2.5e9, "Hz"),
    "chain.clock_hz": (2.5e9, "Hz"),
    "tasks.classes.<name>.input_bit": ({"low": 0.0, "high": 60e6 * 8}, "bit"),
    "radio.rate_bps": (15e6, "bit/s"),
    "objective.latency_weight": (0.4, "-"),
    "objective.key_scale": (0.5, "-"),
    "chain.block_bit": (2 * 1024 * 8, "bit"),
    "chain.interval_s": ((10.0, 20.0, 30.0), "s"),
    "qkd.source_rate_hz": (50.0, "1/s"),
    "learning.discount": (0.9, "-"),
    "learning.learning_rate": (0.01, "-"),
}
ROWS = {row["key"]: row for row in rows()}


@pytest.mark.parametrize("key", TABLE_II)
def test_table_ii(key):
    default, unit = TABLE_II[key]
    assert (ROWS[key]["default"], ROWS[key]["unit"]) == (default, unit)
    assert ROWS[key]["source"].startswith("Table II")


def test_nothing_else_claims_to_be_of_table_ii():
    assert {key for key, row in ROWS.items() if row["source"].startswith("Table II")} == set(TABLE_II)


def test_keys_are_told_once():
    assert len(ROWS) == len(rows())


@pytest.mark.parametrize("key", ROWS)
def test_every_parameter_is_explained(key):
    row = ROWS[key]
    assert row["unit"]
    assert row["source"]
    assert row["meaning"]
    assert row["values"]


SUFFIXES = {
    "_s": {"s", "m/s"},
    "_hz": {"Hz", "1/s"},
    "_bps": {"bit/s"},
    "_bit": {"bit", "cycles/bit", "s/bit", "ms/bit"},
    "_w": {"W"},
    "_dbm": {"dBm"},
    "_db": {"dB"},
    "_km": {"1/km", "dB/km"},
    "_m": {"m"},
    "_k": {"K"},
    "_rad": {"rad"},
    "_j": {"J"},
    "_byte": {"byte"},
    "_ev": {"eV"},
}
WHOLE_NAMES = {"tasks.classes.<name>.cycles", "world.fibre.links.<n>.km", "world.fibre.links.<n>.db"} | {
    f"{places}.<n>.{angle}"
    for places in ("world.rsus", "world.fibre.nodes", "keys.store.docks")
    for angle in ("lon", "lat")
}
OTHERS = {"qkd.temperature_coefficient", "qkd.noise_omega_rad_s"}
SUFFIXED = [key for key, row in ROWS.items() if row["unit"] != "-" and key not in WHOLE_NAMES | OTHERS]


@pytest.mark.parametrize("key", SUFFIXED)
def test_names_end_in_their_unit(key):
    leaf = key.rpartition(".")[2]
    suffix = "_" + leaf.rpartition("_")[2]
    assert ROWS[key]["unit"] in SUFFIXES[suffix]


def test_only_these_must_be_given():
    assert {key for key, row in ROWS.items() if row["required"]} == {
        *(f"world.columns.{column}" for column in ("time", "id", "x", "y")),
        "world.fibre.links.<n>.from",
        "world.fibre.links.<n>.to",
        "faults.<n>.kind",
    }


def test_the_document_is_up_to_date():
    committed = Path(__file__).parents[2] / "docs" / "parameters.md"
    assert committed.read_text(encoding="utf-8") == markdown() + "\n", (
        "run: qvecsim show parameters > docs/parameters.md"
    )


def test_the_document_is_a_table_of_seven_columns():
    lines = [line for line in markdown().splitlines() if line.startswith("|")]
    assert all(line.count(" | ") == 6 for line in lines)
    assert (
        "| `bandwidth_hz` | `3.5e7` | Hz | `B^{v,m}` | Table II | number > 0 | band of a roadside unit (Wi-Fi) |"
        in lines
    )
