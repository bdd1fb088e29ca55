"""Reading a long trace, beside a bare expat loop over the same file in the same process.

The file is made here, in the shape SUMO writes by default. The loop does what a reader must at least do: let expat
call for every element, and take id, x, y and speed as numbers. The memory of either is that of a process of its own.

    python benchmarks/reader.py --mb 100
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.parsers import expat

import numpy as np

from qvecsim.world.mobility.reader import read_trace

RECORD = (
    '        <vehicle id="veh{}" x="{:.2f}" y="{:.2f}" angle="{:.2f}" type="passenger" speed="{:.2f}" pos="{:.2f}"'
    ' lane="-2345#{}_0" slope="0.00"/>\n'
)
VEHICLES = 400
SUFFIX = ".qvc"


def make(path: Path, byte: int) -> int:
    """Write a trace of about this size: vehicles that wander, come and go; the number of records."""
    draw = np.random.default_rng(1)
    x, y, angle, speed = draw.random((4, VEHICLES)) * np.array([[5000.0], [5000.0], [360.0], [14.0]])
    records = 0
    with path.open("w") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n\n<fcd-export>\n')
        for second in range(25_200, 10**9):
            x, y = x + speed * np.sin(np.radians(angle)), y + speed * np.cos(np.radians(angle))
            angle = (angle + draw.normal(0, 5, VEHICLES)) % 360
            file.write(f'    <timestep time="{second}.00">\n')
            columns = zip(range(second // 20, second // 20 + VEHICLES), x, y, angle, speed, x % 200, strict=True)
            file.writelines(RECORD.format(*row, row[0] % 9) for row in columns)
            file.write("    </timestep>\n")
            records += VEHICLES
            if file.tell() > byte:
                break
        file.write("</fcd-export>\n")
    return records


def bare(path: Path) -> float:
    """Expat and numbers, nothing kept; the sum of all speeds."""
    total = 0.0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal total
        if name == "vehicle":
            _ = attributes["id"], float(attributes["x"]), float(attributes["y"])
            total += float(attributes["speed"])

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    with path.open("rb") as file:
        parser.ParseFile(file)
    return total


def first(path: Path) -> float:
    """A first reading, which checks every record and leaves a columnar copy."""
    path.with_name(path.name + SUFFIX).unlink(missing_ok=True)
    return sum(float(part.speed_m_s.sum()) for part in read_trace(path).parts())


def second(path: Path) -> float:
    """An opening from the copy, and a look at one step."""
    trace = read_trace(path)
    return len(trace.at(trace.begin_ns))


def drive(path: Path) -> float:
    """What a run does: open, and ask for the fleet of every step."""
    trace = read_trace(path)
    return sum(len(trace.at(int(instant))) for instant in trace.time_ns)


WAYS: dict[str, Callable[[Path], float]] = {"bare": bare, "first": first, "second": second, "drive": drive}


def timed(way: str, path: Path) -> float:
    """Seconds."""
    began = time.perf_counter()
    WAYS[way](path)
    return time.perf_counter() - began


def peak_kb() -> int:
    """Peak resident memory of this process since it began (that of resource.getrusage is its parent's at least)."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])  # type: ignore[index]


def peak_mb(way: str, path: Path) -> float:
    """Peak resident memory of a process that does only this."""
    command = [sys.executable, __file__, "--alone", way, str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def table(path: Path, rounds: int) -> Iterator[str]:
    """The lines of the report."""
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, spent in seconds.items():
            spent.append(timed(way, path))
    yield "| way | median s | over the bare loop | peak memory, MB |\n|---|---|---|---|"
    for way, spent in seconds.items():
        ratio = statistics.median(one / loop for one, loop in zip(spent, seconds["bare"], strict=True))
        yield f"| {way} | {statistics.median(spent):.4f} | {ratio:.3f} | {peak_mb(way, path):.0f} |"


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mb", type=float, nargs="+", default=[100.0], help="sizes of the traces to make")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.alone:
        WAYS[chosen.alone[0]](Path(chosen.alone[1]))
        print(peak_kb() / 1024)
        return
    for mb in chosen.mb:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "t.fcd.xml"
            records = make(path, int(mb * 1e6))
            print(
                f"\n{path.stat().st_size / 1e6:.0f} MB of XML, {records:,} records, median of {chosen.rounds} rounds\n"
            )
            print("\n".join(table(path, chosen.rounds)))


if __name__ == "__main__":
    main()
