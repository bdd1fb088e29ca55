"""How far a run is from the best."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from qvecsim.cli.options import add_set, count
from qvecsim.cli.telling import as_json

EXAMPLES = """\
examples:
  qvecsim bound results/urban-greedy-044d1f6053c0 --set world.trace=traces/urban.fcd.xml.gz
  qvecsim bound RUN --slots 50 --json

A run folder does not hold its trace; --set says where it is, and may change nothing else.
"""


def add(commands: Any) -> None:
    """Its parser."""
    command = commands.add_parser(
        "bound",
        help="how far a run is from the best: optima of sampled slots, bounds of its whole trace",
        description="Simulate a run again and compare it with the exact optimum of sampled slots, where it is proven, "
        "with bounds elsewhere, and with lower bounds for its whole trace. The optimum of a slot is myopic.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("run", metavar="RUN", help="run folder")
    command.add_argument("--slots", metavar="N", type=count, default=20, help="slots to sample (default 20)")
    command.add_argument("--seed", metavar="N", type=count, default=0, help="which slots (default 0)")
    add_set(command)
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(command=_bound)


def _bound(options: argparse.Namespace) -> int:
    from qvecsim.bounds.report import render

    report = bounds_of(options.run, options, options.seed)
    print(as_json(report.plain()) if options.json else render(report))
    return 0


def bounds_of(path: str, options: argparse.Namespace, seed: int = 0) -> Any:
    """The report of a run folder, with progress on standard error."""
    from qvecsim.bounds.report import bounds
    from qvecsim.progress import bar

    with bar(sys.stderr, shown=True) as progress:
        return bounds(path, *options.overrides, slots=options.slots, seed=seed, progress=progress)
