"""A plan of eight small runs, and what two studies are compared by."""

from __future__ import annotations

from pathlib import Path

from cli.town import everything

RUNS = 8
PLAN = """\
scenarios: town.yaml
schemes: [greedy, ralc]
replications: 2
set: {slots: 6}
sweep:
  keys.missing: [wait, drop]
"""


def lasting(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder of a study, hidden ones too, but ``timing.json``."""
    return {name: content for name, content in everything(folder).items() if Path(name).name != "timing.json"}


def times(folder: Path) -> list[Path]:
    """The files that differ between equal studies."""
    return sorted(folder.rglob("timing.json"))
