"""The four metrics of V-B as functions of the tables, as tidy frames, and the summary of a run.

No task, no slot or no key makes a mean of nothing: NaN, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qvecsim.results.frames import by_rsu as by_rsu
from qvecsim.results.frames import by_run as by_run
from qvecsim.results.frames import by_scheme as by_scheme
from qvecsim.results.frames import over_time as over_time
from qvecsim.results.schema import CIRCUITS, OVER
from qvecsim.results.schema import SUMMARY as SUMMARY
from qvecsim.results.store import Run
from qvecsim.units import BIT_PER_BYTE

if TYPE_CHECKING:
    import pandas as pd

NOTHING = math.nan
UNTRAINED = "quantum_training_"  # what is left out where it is nothing
LEARNED = {"none": "nothing", "online": "online, from its first slot on", "trained": "before, and only decides"}


def returns(slots: pd.DataFrame) -> float:
    """System returns: the sum of the rewards."""
    return float(slots["reward"].sum())


def mean_latency_s(tasks: pd.DataFrame) -> float:
    """Average latency of the tasks with a result, in seconds."""
    return float(tasks["latency_s"].mean())


def key_rate_bps(links: pd.DataFrame) -> float:
    """KGR: the secret key rate of all links together, mean over slots, in bit/s."""
    return float(links.groupby("slot")["key_rate_bps"].sum().mean())


def deadline_miss_rate(tasks: pd.DataFrame) -> float:
    """Share of late and dropped tasks among those that ended."""
    missed = int(tasks["outcome"].isin(["late", "dropped"]).sum())
    return _ratio(missed, int((tasks["outcome"] != "in_flight").sum()))


def finality(rounds: int, safe: bool, live: bool) -> str | None:
    """What the chain of a run can promise, if it was safe and live in all of its rounds."""
    if not rounds:
        return None
    return "unsafe" if not safe else "safe" if live else "stalled"


def utilisation(run: Run) -> dict[str, float]:
    """Average resource utilisation: computing, radio and quantum as shares, storage in bytes.

    ``server_busy``   time the edge servers compute over the time there was
    ``band_used``     share of the bands given to vehicles, over the time in which at least one uploads
    ``keys_used``     secret bits withdrawn over secret bits distilled
    ``key_store_byte``  in all pools together, mean over slots
    ``ledger_byte``   all final blocks
    """
    servers, links = run.servers, run.links
    available_s = float(run.runs["slot_s"].iloc[0]) * len(servers) if len(run.runs) else 0.0
    return {
        "server_busy": _ratio(float(servers["busy_s"].sum()), available_s),
        "band_used": _ratio(float((servers["band_share"] * servers["sending_s"]).sum()), available_s),
        "keys_used": _ratio(
            int((links["consumed_bit"] + links["relayed_bit"]).sum()), int(links["generated_bit"].sum())
        ),
        "key_store_byte": float(links.groupby("slot")["stored_bit"].sum().mean()) / BIT_PER_BYTE,
        "ledger_byte": int(run.blocks["size_bit"][run.blocks["final"]].sum()) / BIT_PER_BYTE,
    }


def from_tables(run: Run) -> dict[str, Any]:
    """Recompute from the tables what they know of ``SUMMARY``; the runner counts the same as it goes.

    Missing are the fields that no table can tell: scheme, what it has learned, seed, fingerprint, path, wall time and,
    because one that never has a task is in no table by name, the number of distinct vehicles.
    """
    tasks, slots, blocks = run.tasks, run.slots, run.blocks
    outcome = tasks["outcome"]
    return {
        "run_id": run.run_id,
        "slots": len(slots),
        "tasks_generated": len(tasks),
        **{f"tasks_{name}": int((outcome == name).sum()) for name in ("done", "late", "dropped", "in_flight")},
        "mean_latency_s": mean_latency_s(tasks),
        "deadline_miss_rate": deadline_miss_rate(tasks),
        "key_rate_bps": key_rate_bps(run.links),
        "keys_generated_bit": int(run.links["generated_bit"].sum()),
        "keys_consumed_bit": int(run.links["consumed_bit"].sum()),
        "keys_relayed_bit": int(run.links["relayed_bit"].sum()),
        "faults": int(run.faults["fault"].nunique()),
        "rerouted_tasks": int(tasks["rerouted"].sum()),
        "starved_offloads": int(slots["starved"].sum()),
        "failed_tasks": int(slots["failed"].sum()),
        "exposed_tasks": int(tasks["exposed"].sum()),
        "rounds": len(blocks),
        "blocks": int(blocks["final"].sum()),
        "conflicts": int(blocks["rival"].notna().sum()),
        "finality": finality(len(blocks), bool(blocks["safe"].all()), bool(blocks["live"].all())),
        "honest_weight": float(blocks["honest_weight"].min()),
        "byzantine_weight": float(blocks["byzantine_weight"].max()),
        "slashed_bit": float(blocks["slashed_bit"].sum()),
        "pending_transactions": int(slots["pending_transactions"].iloc[-1]) if len(slots) else 0,
        "mean_finality_s": float(blocks["finality_s"].mean()),
        "energy_j": float(tasks["energy_j"].sum()),
        "return": returns(slots),
        **_circuits(run),
        "guards": int(slots["guards"].sum()),
        "violations": int(slots["violations"].sum()),
        **{name: int(slots[name].sum()) for name in OVER},
    }


def _circuits(run: Run) -> dict[str, Any]:
    """What circuits took, of a run that has some."""
    if "quantum" not in run.tables:
        return {}
    rows = run.quantum.drop(columns=["run_id", "slot", "time_s", "samples"]).groupby("part", observed=False)
    parts = {"quantum_training_": "training", "quantum_": "decision"}
    found: dict[str, Any] = {"quantum_qubits": rows["qubits"].max()["decision"].item()}
    for name in (column.name for column in CIRCUITS[1:]):
        prefix = next(prefix for prefix in parts if name.startswith(prefix))
        found[name] = rows[name.removeprefix(prefix)].sum()[parts[prefix]].item()
    return found


def render(summary: Mapping[str, Any]) -> str:
    """Align a summary as text for a terminal, without the fields that it lacks and what training that was none took."""
    told = {**summary, "learned": LEARNED.get(learned, learned)} if (learned := summary.get("learned")) else summary
    shown = [c for c in SUMMARY if c.name in told and not (c.name.startswith(UNTRAINED) and not told[c.name])]
    rows = [(_label(c.name), *_figure(told[c.name], c.unit)) for c in shown]
    left = max((len(label) for label, _, _ in rows), default=0)
    numbers = [len(figure) for _, figure, unit in rows if unit is not None]
    right = max(numbers, default=0)
    return "\n".join(_line(label.ljust(left), figure, unit, right) for label, figure, unit in rows)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else NOTHING


def _label(name: str) -> str:
    for suffix in ("_s", "_bps", "_bit", "_j"):
        name = name.removesuffix(suffix)
    return name.replace("_", " ")


def _figure(value: Any, unit: str) -> tuple[str, str | None]:
    """Digits and unit; the unit of what is no number is None."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-", ""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_digits(count)}" for name, count in value.items()) or "none", None
    if not unit or isinstance(value, str):
        return str(value), None
    if unit == "1":
        return _digits(value), ""
    return _digits(value), unit


def _digits(value: float) -> str:
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:.4g}"


def _line(label: str, figure: str, unit: str | None, width: int) -> str:
    return f"{label}  {figure}" if unit is None else f"{label}  {figure:>{width}} {unit}".rstrip()
