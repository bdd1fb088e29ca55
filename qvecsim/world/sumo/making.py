"""A trace of a made-up town: SUMO builds a grid of streets, sends vehicles over it, and records where they are."""

from __future__ import annotations

import gzip
import math
import os
import re
import shutil
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast
from xml.etree import ElementTree

from qvecsim.errors import ScenarioError, TraceError
from qvecsim.world.mobility.reader import read_trace
from qvecsim.world.mobility.trace import info
from qvecsim.world.sumo.program import Sumo, installed

TRACES, NETWORKS = (".xml.gz", ".xml", ".csv.gz", ".csv", ".parquet"), (".xml.gz", ".xml")
HEAD_BYTE = 1 << 20  # SUMO's comments stand before the root
PARKED_S = 300
FRINGE_FACTOR = 5  # a street that leads out of the grid is so many times as often an end of a trip


@dataclass(frozen=True)
class Town:
    """What the trace is to be like."""

    grid: int = 5  # crossings along each side
    length_m: float = 200.0  # from one to the next
    lanes: int = 2  # of each street in each direction
    vehicles_per_hour: float = 1800.0  # that set out
    seconds: float = 600.0  # recorded
    warmup_s: float = 300.0  # driven before
    step_s: float = 1.0
    seed: int = 1
    parking: float = 0.0  # share of the vehicles that park for five minutes half-way


def make(town: Town, out: Path, network: Path | None = None, *, force: bool = False) -> dict[str, Any]:
    """Write the trace, and its network where one is asked for; what ``trace info`` tells of it.

    The files appear when all is done, and are the same bytes for the same town and the same SUMO.
    """
    _check(out, TRACES, force)
    if network is not None:
        _check(network, NETWORKS, force)
    sumo = installed()
    with ExitStack() as stack:
        work = _beside(out, stack)
        net = _streets(sumo, town, work)
        drive = _drive(sumo, town, net, work, Path(out.name.removesuffix(".gz")).suffix)
        made = {out: _packed(drive, work / out.name)}
        if network is not None:
            made[network] = _packed(net, _beside(network, stack) / network.name)
        facts = _facts(made[out])
        for path, whole in made.items():
            os.replace(whole, path)
        return facts


def _check(path: Path, endings: tuple[str, ...], force: bool) -> None:
    if not path.name.endswith(endings) or path.name in endings:
        raise ScenarioError(f"the name of the file to write must end in {', '.join(endings)} (got '{path}').")
    if not path.parent.is_dir():
        raise ScenarioError(f"the folder of the file to write must be there (got '{path}').")
    if path.is_dir() or (path.exists() and not force):
        raise ScenarioError(f"'{path}' must not be there already. Add --force to replace it.")


def _beside(path: Path, stack: ExitStack) -> Path:
    """A folder in the folder of ``path``, so that what is made there can be renamed; it goes with the stack."""
    try:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".making-", dir=path.parent)))
    except OSError as error:
        raise ScenarioError(f"the folder of '{path}' must be one to write in (got {error.strerror}).") from None


def _streets(sumo: Sumo, town: Town, work: Path) -> Path:
    net = work / "town.net.xml"
    sumo.run(
        *("netgenerate", "--grid", "--grid.number", town.grid, "--grid.length", town.length_m),
        *("--grid.attach-length", town.length_m, "--default.lanenumber", town.lanes),
        *("--default-junction-type", "traffic_light", "--tls.default-type", "actuated", "--no-turnarounds.tls"),
        *("--seed", town.seed, "--no-warnings", "-o", net),
    )
    return net


def _drive(sumo: Sumo, town: Town, net: Path, work: Path, suffix: str) -> Path:
    trips, routes, drive = work / "trips.xml", work / "town.rou.xml", work / f"drive.fcd{suffix}"
    end_s = town.warmup_s + town.seconds
    sumo.call(
        [
            *(sys.executable, sumo.tool("randomTrips.py"), "-n", net, "-o", trips, "-r", routes, "--validate"),
            *("-b", 0, "-e", end_s, "--insertion-rate", town.vehicles_per_hour, "-s", town.seed),
            *("--fringe-factor", FRINGE_FACTOR, "--min-distance", town.length_m),
        ],
        "SUMO's randomTrips.py must end well",
    )
    _park(routes, town)
    sumo.run(
        *("sumo", "-n", net, "-r", routes, "--begin", 0, "--end", end_s, "--step-length", town.step_s),
        *("--seed", town.seed, "--time-to-teleport", -1, "--no-step-log", "--no-warnings"),
        *("--fcd-output", drive, "--fcd-output.attributes", "x,y,speed", "--device.fcd.begin", town.warmup_s),
    )
    with drive.open("rb") as file:
        if suffix != ".xml" and file.read(1) == b"<":
            raise ScenarioError(
                f"SUMO must be 1.24.0 or later to write {suffix} (got {sumo.version()}). Write .xml.gz."
            )
    return drive


def _park(routes: Path, town: Town) -> None:
    """Let a share of the vehicles stop beside the road half-way, evenly among those that set out."""
    tree = ElementTree.parse(routes)
    for index, vehicle in enumerate(tree.iterfind("vehicle")):
        route = vehicle.find("route")
        if math.ceil((index + 1) * town.parking) == math.ceil(index * town.parking) or route is None:
            continue
        edges = route.get("edges", "").split()
        place = {"lane": f"{edges[len(edges) // 2]}_0", "endPos": f"{0.4 * town.length_m:g}"}
        ElementTree.SubElement(vehicle, "stop", {**place, "duration": f"{PARKED_S}", "parking": "true"})
    tree.write(routes)


def _packed(raw: Path, target: Path) -> Path:
    """A copy without the comments, which hold the date and the paths of whoever made it."""
    with raw.open("rb") as source, target.open("wb") as file:
        head = source.read(HEAD_BYTE)
        if raw.suffix == ".xml":
            head = re.sub(rb"<!--.*?-->\s*", b"", head, flags=re.DOTALL)
        # No name and no date in the gzip header either.
        pack = gzip.GzipFile("", "wb", 6, file, mtime=0) if target.suffix == ".gz" else file
        with pack:
            pack.write(head)
            shutil.copyfileobj(source, cast(BinaryIO, pack))
    return target


def _facts(trace: Path) -> dict[str, Any]:
    try:
        return info(read_trace(trace))
    except TraceError as error:
        raise ScenarioError(
            f"the trace must have vehicles (got {str(error).rpartition(': ')[2]}) More, or longer?"
        ) from None
