"""What stands where in a finished run, and its trace: a run folder holds neither, but names both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np

from qvecsim.errors import QvecsimError, ResultError
from qvecsim.results.files import SCENARIO
from qvecsim.results.store import Run
from qvecsim.scenario import Scenario, load
from qvecsim.scenario.files import below
from qvecsim.streams import Streams
from qvecsim.types import Floats, Ints, Scene
from qvecsim.world.docks import docks
from qvecsim.world.fibre import plan
from qvecsim.world.geodesy import around
from qvecsim.world.mobility.trace import Trace
from qvecsim.world.sites import Ground, Sites, listed
from qvecsim.world.sumo.network import Network, read_network
from qvecsim.world.world import replayed, scene

MOBILITY = ("world.trace", "world.sumocfg")
FIX = "Give it with: qvecsim report RUN --set world.trace=FILE"


@dataclass(frozen=True)
class Places:
    """What the map can show: sites and fibres, and where the vehicles were, if they are known."""

    rsu: Sites
    node: Sites
    dock: Sites
    link: tuple[str, ...]
    link_node: Ints  # (L,) one end: a node
    link_target: Ints  # (L,) the other: a node, or Q + m for roadside unit m
    trace: Trace | None
    network: Network | None
    missing: str = ""  # what is not shown, why, and what to do

    def end(self, index: int) -> tuple[float, float]:
        """Where the ``link_target`` of a link is, m; NaN where nobody told."""
        nodes = len(self.node.name)
        sites, row = (self.node, index) if index < nodes else (self.rsu, index - nodes)
        return float(sites.x_m[row]), float(sites.y_m[row])


def places(run: Run, overrides: Sequence[str] = ()) -> Places | str:
    """The places of a run, or in one sentence why there is no map.

    Its files are looked for as the scenario in the run folder says, then where the command that made the run found
    them, seen from the current folder. ``overrides`` say where they are, and then nothing else is tried.
    """
    problem = ""
    for attempt in [tuple(overrides)] if overrides else _attempts(run):
        try:
            return _whole(run, load(run.path / SCENARIO, *attempt))
        except (QvecsimError, OSError) as error:
            if overrides:
                raise
            problem = problem or str(error)
    return _standing(run) or f"There is no map: the run's trace was not found, and it decides where units stand. {FIX}"


def _attempts(run: Run) -> Iterator[tuple[str, ...]]:
    yield ()
    command = run.timing.get("command")
    named = [word for word in command if word.endswith((".yaml", ".yml"))] if isinstance(command, list) else []
    for name in named[:1]:
        folder = PurePath(name).parent
        files = load(run.path / SCENARIO).named_files()
        moved = {key: Path(folder / path) for key, path in files.items()}
        # The command is a note in a file of anybody: it may lead to nothing that is not below the current folder.
        yield tuple(f"{key}={json.dumps(str(path))}" for key, path in moved.items() if below(path, Path()))


def _whole(run: Run, scenario: Scenario) -> Places:
    """With trace and network, which must be those of the run."""
    network = read_network(scenario.file("world.network")) if scenario.world.network else None
    trace = replayed(scenario, None if network is None else network.plane)
    if trace.sha256 != run.manifest["trace_sha256"]:
        raise ResultError(f"'world.trace' must be the trace of the run '{run.run_id}' (got another). {FIX}")
    found = scene(scenario, trace, network, Streams(scenario.seed, int(run.manifest["replication"])))
    _same_names(run, found)
    return Places(
        Sites(found.rsu, found.rsu_x_m, found.rsu_y_m),
        Sites(found.node, found.node_x_m, found.node_y_m),
        Sites(found.dock, found.dock_x_m, found.dock_y_m),
        found.link,
        found.link_node,
        found.link_target,
        trace,
        network,
    )


def _same_names(run: Run, found: Scene) -> None:
    for table, column, names in (("links", "link", found.link), ("servers", "rsu", found.rsu)):
        listed_names = set(getattr(run, table)[column].unique())
        if len(run.slots) and listed_names != set(names):
            raise ResultError(f"'{run.path}' must have the {column}s of its scenario in '{table}' (it has others).")


def _standing(run: Run) -> Places | None:
    """Sites and fibres alone, where the scenario lists them and needs no other file."""
    try:
        scenario = load(run.path / SCENARIO)
        ground = _ground(scenario)
        if ground is None:
            return None
        rsus = listed(scenario.world.rsus, "r", "world.rsus", ground)
        fibre = plan(scenario.world.fibre, rsus, scenario.qkd.attenuation_db_per_km, ground)
        loading = docks(scenario, fibre.nodes, ground, None)
    except (QvecsimError, OSError):
        return None
    missing = f"Vehicles and roads are not shown: the run's trace was not found. {FIX}"
    ends = fibre.link, fibre.link_node, fibre.link_target
    return Places(rsus, fibre.nodes, loading.sites, *ends, None, None, missing)


def _ground(scenario: Scenario) -> Ground | None:
    """A stand-in for the ground of the trace; None where units are placed by rule, or nodes by a file."""
    sites = scenario.world.rsus
    if not sites or scenario.world.fibre.file is not None:
        return None
    lon, lat = sites[0].lon, sites[0].lat
    if lon is not None and lat is not None:
        return Ground(0.0, 0.0, 0.0, 0.0, around(lon, lat))
    x_m, y_m = ([value or 0.0 for value in axis] for axis in zip(*((one.x_m, one.y_m) for one in sites), strict=True))
    return Ground(min(x_m), max(x_m), min(y_m), max(y_m))


def bounds(places: Places) -> tuple[float, float, float, float]:
    """Least and greatest x and y of what the map shows, m: traffic and units, and nodes that are not far off."""
    x, y = (np.asarray(axis, np.float64) for axis in (places.rsu.x_m, places.rsu.y_m))
    if places.trace is not None:
        left, right, low, high = places.trace.bounds
        x, y = np.append(x, [left, right]), np.append(y, [low, high])
    reach = max(float(np.ptp(x)), float(np.ptp(y)), 100.0) / 2
    near = _near(places.node, x, reach, y)
    x, y = np.append(x, places.node.x_m[near]), np.append(y, places.node.y_m[near])
    margin = 0.04 * max(float(np.ptp(x)), float(np.ptp(y)), 100.0)
    return float(x.min()) - margin, float(x.max()) + margin, float(y.min()) - margin, float(y.max()) + margin


def _near(sites: Sites, x: Floats, reach: float, y: Floats) -> Ints:
    away_x = np.maximum(x.min() - sites.x_m, sites.x_m - x.max())
    away_y = np.maximum(y.min() - sites.y_m, sites.y_m - y.max())
    return np.flatnonzero(np.maximum(away_x, away_y) <= reach)
