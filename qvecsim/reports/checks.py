"""What was broken, mended or made to fail, and how to run it again."""

from __future__ import annotations

from typing import Any

from qvecsim.physics.paper import problem
from qvecsim.reports.chart import over_time
from qvecsim.reports.html import Html, element, name
from qvecsim.reports.source import Source, number
from qvecsim.reports.table import table
from qvecsim.reports.tasks import series, times
from qvecsim.reports.wording import shown


def section(source: Source) -> Html:
    """Constraints and guards by name, as the run counted them."""
    summary = source.run.manifest["summary"]
    broken, guards = summary.get("violations") or {}, summary.get("guards") or {}
    rows = [
        [name(word), meaning(word), number(count, "1", ["run.json", "violations", word])]
        for word, count in broken.items()
    ]
    mended = [[name(word), number(count, "1", ["run.json", "guards", word])] for word, count in guards.items()]
    lines = [series(source, "violations", "constraints", 3), series(source, "guards", "guards", 1)]
    return element(
        "section",
        element("h2", "Constraints and guards"),
        table(["constraint", "what is counted", "times"], rows)
        if rows
        else element("p", "No constraint was found broken."),
        table(["guard", "values mended"], mended) if mended else element("p", "No guard fired."),
        element("div", over_time("Constraints and guards per slot", times(source), lines, "1"), class_="charts")
        if rows or mended
        else None,
        id="checks",
    )


def meaning(constraint: str) -> str:
    """What a constraint of eq. (23) counts, as its function says."""
    function = getattr(problem, constraint.lower(), None)
    words = (getattr(function, "__doc__", None) or "").split("\n")[0]
    return words.partition(f"{constraint}, ")[2].rstrip(".") if function is not None else ""


def faults(source: Source) -> Html | None:
    """The faults of the run, one row each; nothing where there was none."""
    frame = source.run.faults
    if not len(frame):
        return None
    rows = [_fault(source, int(fault)) for fault in frame["fault"].unique().tolist()[:200]]
    head = ["fault", "kind", "what", "from", "to", "rerouted", "starved", "failed"]
    return element("section", element("h2", "Faults"), table(head, rows), id="faults")


def _fault(source: Source, fault: int) -> list[Any]:
    where = ("fault", fault)
    first = source.frame("faults", where).iloc[0]
    ends = "stays" if first["end_s"] != first["end_s"] else shown(float(first["end_s"]), "s")
    counts = [source.number("faults", column, "sum", where) for column in ("rerouted", "starved", "failed")]
    return [str(fault), name(first["kind"]), name(first["subject"]), shown(float(first["begin_s"]), "s"), ends, *counts]


def origin(source: Source) -> Html:
    """Versions, digests and the scenario as it was resolved."""
    manifest = source.run.manifest
    packages = ", ".join(f"{package} {version}" for package, version in sorted(manifest.get("packages", {}).items()))
    rows: list[list[Any]] = [
        ["qvecsim", manifest.get("qvecsim")],
        ["Python", f"{manifest.get('python')}; {packages}"],
        ["fingerprint", manifest.get("fingerprint")],
        ["trace, SHA-256", manifest.get("trace_sha256")],
        ["scenario, SHA-256", manifest.get("scenario_sha256")],
    ]
    again = f"qvecsim run RUN/scenario.yaml --replication {manifest.get('replication')} --set world.trace=FILE"
    return element(
        "section",
        element("h2", "Where this comes from"),
        element("p", "The same run again, to the last bit: ", element("code", again)),
        table(["", ""], rows),
        element("details", element("summary", "The scenario as it was resolved"), element("pre", source.run.scenario)),
        id="origin",
    )
