"""What names a run: its id, and the folder that it goes to when nobody says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qvecsim.consensus.rules import plug_in
from qvecsim.decision.schemes import plug_in as own_scheme
from qvecsim.plugin import source_sha256
from qvecsim.scenario import run_id as identity
from qvecsim.scenario.parameters import Scenario


def name_of(scenario: Scenario, scheme: str, replication: int, trace_sha256: str, contents: Mapping[str, str]) -> str:
    """The run id: known before the run, from all that decides its result."""
    code = {plug: source_sha256(plug, scenario.folder) for plug in _plug_ins(scenario, scheme)}
    return identity(scenario, scheme, replication, trace_sha256, contents, code)


def default_folder(scenario: Scenario, scheme: str, name: str) -> Path:
    """Where a run goes when nobody says: named by content, below ``results``."""
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in f"{scenario.name}-{scheme}")
    return Path("results") / f"{safe}-{name}"


def _plug_ins(scenario: Scenario, scheme: str) -> list[str]:
    """What of this run is code of the user's own, as ``module:name``."""
    seams = scenario.physics.model_dump().values()
    named = [
        own_scheme(scheme),
        scenario.world.channel,
        plug_in(scenario.chain.consensus),
        *(name for name in seams if name),
    ]
    return [name for name in named if ":" in name]
