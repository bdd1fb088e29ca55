"""What stands beside the tables of a run: all that decided its result, and apart from it what differs by machine."""

from __future__ import annotations

import importlib.metadata
import math
import platform
import sys
from collections.abc import Mapping
from typing import Any

from qvecsim.scenario import digest
from qvecsim.scenario.parameters import Scenario
from qvecsim.version import __version__
from qvecsim.world.world import World

PACKAGES = ("networkx", "numpy", "pandas", "pyarrow", "pydantic", "pyyaml", "simpy")


def manifest(world: World, summary: Mapping[str, Any], replication: int) -> dict[str, Any]:
    """What ``run.json`` says beside its tables: everything that decided the result, nothing that differs by machine."""
    scenario = world.scenario
    return {
        "qvecsim": __version__,
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in (*PACKAGES, *_extra(scenario))},
        "scenario": scenario.name,
        "scenario_sha256": digest(scenario),
        "trace_sha256": world.trace.sha256,
        "trace_begin_s": world.trace.begin_ns / 1e9,
        "scheme": summary["scheme"],
        "seed": scenario.seed,
        "replication": replication,
        "fingerprint": summary["fingerprint"],
        "summary": {name: _finite(value) for name, value in summary.items()},
    }


def host() -> dict[str, Any]:
    """The machine and the command."""
    return {"platform": platform.platform(), "machine": platform.machine(), "command": sys.argv}


def _extra(scenario: Scenario) -> tuple[str, ...]:
    """What a run needs beside ``PACKAGES``."""
    signing = ("cryptography",) if scenario.chain.signing == "real" else ()
    return (*signing, *(("qiskit", "qiskit-aer") if scenario.decision.backend == "aer" else ()))


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
