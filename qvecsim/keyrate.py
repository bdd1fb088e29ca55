"""``qvecsim keyrate``: what QKD links of given lengths or losses make, as a table, as plain data, as a picture."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from qvecsim.errors import OutputError, ScenarioError
from qvecsim.physics.field import protocols, qkd
from qvecsim.physics.field.channel import repeaterless_bound, transmittance
from qvecsim.physics.field.settings import settings as best_settings
from qvecsim.scenario.draft import written
from qvecsim.scenario.parameters import Scenario
from qvecsim.types import Floats

POINTS = 10_001  # the most that one table has
LONGEST_KM, HIGHEST_DB = 10_000.0, 1_000.0
USUAL_KM = "0:200:5"
FORMATS = (".pdf", ".png", ".svg")
NUMBER = re.compile(r"\+?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


# What ``table`` reads beside ``qkd.field``; of that all but what only a run has.
READ = (
    *("keys.abort_qber", "qkd.attenuation_db_per_km", "qkd.efficiencies", "qkd.reference_k", "qkd.sifting"),
    *("qkd.temperature_coefficient", "qkd.temperature_k", "world.fibre.insertion_db", "qkd.field"),
)
UNREAD = ("qkd.field.misalignment_drift_rad",)


class Places(NamedTuple):
    """Where links are looked at."""

    km: Floats | None  # (P,) None where losses are given
    loss_db: Floats | None  # (P,) None where lengths are given


class Table(NamedTuple):
    """Columns, (P,) each, under their names; and the settings of the devices beside them."""

    scenario: Scenario
    columns: dict[str, Floats]
    settings: dict[str, Floats]


def check_read(*overrides: str) -> None:
    """Refuse what is set and would change nothing; the overrides are known to be those of a scenario."""
    names = [".".join(map(str, key)) for text in overrides for key in written(text)]
    for name in names:
        if name in UNREAD or not any(name == read or name.startswith(f"{read}.") for read in READ):
            raise ScenarioError(
                f"--set {name}: 'qvecsim keyrate' does not read it. It reads {', '.join(READ)}; of the "
                f"last group all but {UNREAD[0].rpartition('.')[2]}."
            )


def places(km: str | None, db: str | None) -> Places:
    """Lengths, km, or whole losses, dB, from ``start:stop:step``, a list with commas, or one number."""
    if db is None:
        return Places(_numbers("--km", USUAL_KM if km is None else km, LONGEST_KM), None)
    if km is not None:
        raise ScenarioError(f"'--db' must be left out where '--km' is given (got '{db}').")
    return Places(None, _numbers("--db", db, HIGHEST_DB))


def _numbers(option: str, text: str, most: float) -> Floats:
    parts = [part.strip() for part in text.split(":" if ":" in text else ",")]
    if not all(NUMBER.fullmatch(part) for part in parts) or (":" in text and len(parts) != 3):
        raise ScenarioError(f"'{option}' must be start:stop:step, a list such as 0,50,100, or a number (got '{text}').")
    numbers = [float(part) for part in parts]
    return _range(option, text, most, *numbers) if ":" in text else _within(option, text, most, np.array(numbers))


def _range(option: str, text: str, most: float, start: float, stop: float, step: float) -> Floats:
    if not (step > 0.0 and stop >= start):
        raise ScenarioError(f"'{option}' must rise from start to stop by a step above 0 (got '{text}').")
    steps = (min(stop, most + step) - start) / step
    if steps >= POINTS:
        raise ScenarioError(f"'{option}' must have at most {POINTS} points (got '{text}').")
    # The last point counts although 0.1 is not a tenth.
    return _within(option, text, most, start + step * np.arange(math.floor(steps + 1e-9) + 1.0))


def _within(option: str, text: str, most: float, numbers: Floats) -> Floats:
    if len(numbers) > POINTS:
        raise ScenarioError(f"'{option}' must have at most {POINTS} points (got {len(numbers)}).")
    if not (numbers <= most).all():
        raise ScenarioError(f"'{option}' must be from 0 to {most:g} (got '{text}').")
    return numbers


def table(places: Places, scenario: Scenario) -> Table:
    """What links at these places make, detectors at their highest level and mean temperature."""
    q = scenario.qkd
    lost_db = places.loss_db
    if lost_db is None:
        lost_db = q.attenuation_db_per_km * np.asarray(places.km) + scenario.world.fibre.insertion_db
    channel = qkd.usual(transmittance(1.0, 0.0, lost_db), q)
    settings = best_settings(channel, q)
    key = protocols.protocol(q).key(settings, channel, q)
    secret = qkd.secret_bits(key, channel, scenario.keys.abort_qber)
    columns = {
        **({} if places.km is None else {"km": places.km}),
        "loss_db": lost_db,
        "qber": key.qber,
        "sifted_bit_per_pulse": key.sifted,
        "bit_per_pulse": secret,
        "key_rate_bps": qkd.key_rate(secret, key, q),
        "plob_bit_per_pulse": repeaterless_bound(channel.transmittance),
        "block_s": key.pulses / q.field.clock_hz,
    }
    return Table(scenario, columns, dict(settings))


def title(scenario: Scenario) -> str:
    """The protocol in words."""
    field = scenario.qkd.field
    named = {
        "decoy": f"decoy-state BB84, {field.decoys.replace('_', ' and ')} decoys",
        "finite": f"decoy-state BB84, finite keys of {field.block_bit:g} sifted bit, {field.finite_decoys} decoy"
        + ("s" if field.finite_decoys == "two" else ""),
        "bbm92": "BBM92, pairs from the middle",
    }
    return f"{named[field.protocol]}, {field.clock_hz:g} Hz"


def render(table: Table) -> str:
    """The table in text: distance, loss, error rate, signal intensity, secret bits per pulse and per second."""
    heads = {"km": "km", "loss_db": "dB", "qber": "QBER %", "bit_per_pulse": "bit/pulse", "key_rate_bps": "bit/s"}
    shown = {head: table.columns[name] for name, head in heads.items() if name in table.columns}
    shown["QBER %"] = 100.0 * shown["QBER %"]
    shown["mu"] = table.settings["mu"]
    lines = ["".join(f"{head:>13}" for head in shown)]
    lines += ["".join(f"{value:>13.6g}" for value in row) for row in zip(*shown.values(), strict=True)]
    return "\n".join([title(table.scenario), "", *lines])


def plain(table: Table) -> dict[str, Any]:
    """The table as plain data; what is infinite is null."""
    columns = table.columns | table.settings
    rows = [
        {name: float(value) if math.isfinite(value) else None for name, value in zip(columns, values, strict=True)}
        for values in zip(*columns.values(), strict=True)
    ]
    field = table.scenario.qkd.field
    return {"protocol": field.protocol, "title": title(table.scenario), "clock_hz": field.clock_hz, "rows": rows}


def plot(table: Table, file: str) -> None:
    """Draw secret bits a second against distance or loss, below what any link could make."""
    if Path(file).suffix.lower() not in FORMATS:
        raise OutputError(f"'--plot' must name a {', '.join(FORMATS)} file (got '{file}').")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise OutputError("'--plot' needs matplotlib, which is not installed: pip install 'qvecsim[plot]'.") from None
    name, label = ("km", "length, km") if "km" in table.columns else ("loss_db", "loss, dB")
    figure = Figure(figsize=(7.0, 4.5), layout="constrained")
    axes = figure.add_subplot(xlabel=label, ylabel="secret key, bit/s", yscale="log", title=title(table.scenario))
    for values, style, told in (
        (table.columns["key_rate_bps"], "-", "key rate"),
        (table.scenario.qkd.field.clock_hz * table.columns["plob_bit_per_pulse"], "k:", "PLOB bound"),
    ):
        seen = np.where((values > 0.0) & np.isfinite(values), values, np.nan)
        axes.plot(table.columns[name], seen, style, marker="." if len(seen) < 60 else "", label=told)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=120)
