"""What a run is: the typed parameters, the strict YAML reader, and the two joined to a ``Scenario``."""

from __future__ import annotations

from qvecsim.scenario.parameters import Scenario
from qvecsim.scenario.resolve import defaults, digest, dump, load, run_id, with_values

__all__ = ["Scenario", "defaults", "digest", "dump", "load", "run_id", "with_values"]
