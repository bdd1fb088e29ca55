"""A small town on disk: a trace of a few vehicles on a ring road, and the scenario that replays it."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

from qvecsim import cli

VEHICLES, STEPS = 6, 12

SCENARIO = """\
name: town
profile: amended
scheme: greedy
seed: 3
slot_s: 0.5
world:
  trace: town.fcd.xml
  place: {at: grid, count: 3}
  fibre: {shape: ring, count: 2}
vehicles:
  tx_power_w: [0.2, 1.0]
tasks:
  rate_hz: 0.8
  classes:
    driving:
      input_bit: {low: 1e5, high: 2e6}
      cycles: [0.05e9, 0.2e9, 0.6e9]
      deadline_s: {low: 0.3, high: 1.0}
radio:
  admission_db: -10
qkd:
  source_rate_hz: 2e3
  noise_base_hz: 60
keys:
  initial_bit: 1000
chain:
  interval_s: 2
  block_bit: 5e4
"""


def trace(vehicles: int = VEHICLES, steps: int = STEPS) -> str:
    """SUMO floating-car data; the first vehicle comes one step late, the last leaves half-way."""
    lines = ['<?xml version="1.0"?>', "<fcd-export>"]
    for step in range(steps):
        lines.append(f'<timestep time="{step:.2f}">')
        for index in range(vehicles):
            if (index == 0 and step == 0) or (index == vehicles - 1 and step >= steps // 2):
                continue
            angle = 2 * math.pi * (index / vehicles + step / 60)
            x_m, y_m = 500 + 300 * math.cos(angle), 500 + 300 * math.sin(angle)
            lines.append(f'<vehicle id="v{index}" x="{x_m:.2f}" y="{y_m:.2f}" angle="0.00" speed="12.00"/>')
        lines.append("</timestep>")
    return "\n".join([*lines, "</fcd-export>", ""])


def found(folder: Path) -> Path:
    """Write the town into a folder; the scenario's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "town.fcd.xml").write_text(trace())
    scenario = folder / "town.yaml"
    scenario.write_text(SCENARIO)
    return scenario


def everything(folder: Path) -> dict[str, bytes | None]:
    """All that is below a folder: names, and the bytes of files; not what is kept of a trace beside it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if "__pycache__" not in path.parts and path.suffix != ".qvc"
    }


def python(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """A Python of its own; ``environment`` is added to ours."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def exit_code(*arguments: object) -> object:
    """What the command line returns, whether it returns or exits."""
    try:
        return cli.main([str(argument) for argument in arguments])
    except SystemExit as leave:
        return leave.code


def imported(code: str, *names: str) -> set[str]:
    """Which of the named packages are loaded once a line of code has run in a Python of its own."""
    told = f"print('LOADED', *[name for name in {names!r} if name in sys.modules])"
    done = python("-c", f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\n{told}")
    lines = [line for line in done.stdout.splitlines() if line.startswith("LOADED")]
    assert lines, done.stderr
    return set(lines[-1].split()[1:])
