"""A finished run, simulated again beside its bounds: single slots, and the whole trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qvecsim.bounds.status import BOUND, OPTIMAL
from qvecsim.bounds.trace import whole
from qvecsim.bounds.witness import Witness
from qvecsim.decision.schemes import policy
from qvecsim.errors import ResultError
from qvecsim.plugin import own_code
from qvecsim.results.files import SCENARIO
from qvecsim.results.store import Run, read
from qvecsim.results.study import Study
from qvecsim.runner import Progress, name_of, replay
from qvecsim.scenario import load
from qvecsim.streams import Streams
from qvecsim.types import Outcome
from qvecsim.world.world import build


@dataclass(frozen=True)
class Report:
    """The bounds of a run: ``slots`` has one record a sampled slot, ``trace`` those of the whole."""

    run_id: str
    scheme: str
    slots: list[dict[str, Any]]
    trace: dict[str, Any]

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {"run_id": self.run_id, "scheme": self.scheme, **summary(self.slots), "trace": self.trace} | {
            "sampled": self.slots
        }


def bounds(
    path: str | Path, *overrides: str, slots: int = 20, seed: int = 0, progress: Progress | None = None
) -> Report:
    """The bounds of the run in a folder: of ``slots`` slots with decisions, drawn by ``seed``, and of the whole trace.

    The run is simulated again from its scenario and must be the same to the last event; else ResultError.
    ``overrides`` say where its files are now, as in ``world.trace=traces/urban.fcd.xml.gz``.
    """
    run = read(path)
    if isinstance(run, Study):
        raise ResultError(f"'{path}' must be a run folder (got a study). Name one of its runs.")
    scenario = load(run.path / SCENARIO, *overrides)
    scheme, replication = str(run.manifest["scheme"]), int(run.manifest["replication"])
    world = build(scenario, replication)
    _same(run, "run id", run.run_id, name_of(scenario, scheme, replication, world.trace.sha256, world.contents))
    witness = Witness(scenario, world, _drawn(run, slots, seed))

    def note(outcome: Outcome) -> None:
        if progress is not None:
            progress(witness.state.slot, witness.slots)

    with own_code("scheme", scheme) if ":" in scheme else nullcontext():
        decides = policy(scheme, scenario, world.streams)
    replay(witness, decides, note, scheme)
    _same(run, "fingerprint", str(run.manifest["fingerprint"]), witness.state.fingerprint.hex())
    return Report(run.run_id, scheme, witness.records, whole(witness))


def _same(run: Run, what: str, there: str, here: str) -> None:
    if there != here:
        raise ResultError(
            f"'{run.path}' must be what its scenario gives here (got {what} {there[:12]}, here {here[:12]}). "
            "Run it again with this version and these files."
        )


def _drawn(run: Run, slots: int, seed: int) -> list[int]:
    """Slots with decisions, without repetition."""
    some = run.slots.loc[run.slots["deciding"] > 0, "slot"].to_numpy()
    chosen = Streams(seed).at("bounds").choice(some, min(slots, len(some)), replace=False)
    return sorted(int(slot) for slot in chosen)


def summary(slots: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Counts and medians; gaps are those of slots with a proof alone."""
    proven = [one["gap"] for one in slots if one["status"] == OPTIMAL]
    alike = [one["alike_gap"] for one in slots if one["alike_status"] == OPTIMAL]
    return {
        "slots": len(slots),
        "statuses": dict(Counter(one["status"] for one in slots)),
        "median_gap": _median(proven),
        "alike_statuses": dict(Counter(one["alike_status"] for one in slots)),
        "median_alike_gap": _median(alike),
    }


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if len(values) else None


def render(report: Report) -> str:
    """For people."""
    told = summary(report.slots)
    lines = [f"run {report.run_id}, scheme {report.scheme}", "", *_slot_lines(told), ""]
    return "\n".join([*lines, *_trace_lines(report.trace)])


def _slot_lines(told: dict[str, Any]) -> list[str]:
    def counted(statuses: dict[str, int]) -> str:
        return ", ".join(f"{count} {status}" for status, count in statuses.items()) or "none"

    return [
        f"{told['slots']} slots sampled; the optimum of a slot is myopic and bounds no run",
        f"  best action             {counted(told['statuses'])}; median gap {_percent(told['median_gap'])}",
        f"  best with same starts   {counted(told['alike_statuses'])}; median gap {_percent(told['median_alike_gap'])}",
    ]


def _trace_lines(trace: dict[str, Any]) -> list[str]:
    lines = [
        f"whole trace, {trace['tasks']:,} tasks",
        f"  latency and drops       {trace['cost_s']:,.1f} s",
        f"  deadlines missed        {trace['misses']:,}",
    ]
    if trace["status"] != BOUND:
        return [*lines, f"  no bound: {trace['why']}"]
    lines[1] += f"; lower bound {trace['cost_lower_s']:,.1f} s, gap {_percent(trace['cost_gap'])}, {trace['cost_keys']}"
    lines[2] += f"; lower bound {trace['misses_lower']:,}, {trace['misses_keys']}"
    return [*lines, f"  the bounds hold for {trace['valid_for']}"]


def _percent(gap: float | None) -> str:
    return "not known" if gap is None else f"{gap:.1%}"
