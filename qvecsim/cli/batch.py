"""Run a plan."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from qvecsim.cli.options import add_overrides, from_to, shard
from qvecsim.cli.telling import tell
from qvecsim.errors import BatchError

EXAMPLES = """\
examples:
  qvecsim batch scenarios/plans/study_small.yaml --jobs 4
  qvecsim batch scenarios/plans/study_small.yaml --jobs 4 --resume
  qvecsim batch scenarios/plans/study_small.yaml --shard 2/3 --out /data/study
  qvecsim batch scenarios/plans/study_small.yaml --cluster tcp://scheduler:8786
"""


def add(commands: Any) -> None:
    """Its parser."""
    command = commands.add_parser(
        "batch",
        help="run a plan: scenarios x schemes x replications x swept parameters x traces",
        description="Make every run of a plan, each in a folder named by its run id, and an index of them all.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("plan", metavar="PLAN", help="YAML file")
    add_overrides(command)
    command.add_argument("--out", metavar="DIR", help="study folder (default: results/NAME)")
    command.add_argument("--jobs", metavar="N", type=from_to(1, 1024, int), default=1, help="processes (default 1)")
    command.add_argument("--resume", action="store_true", help="keep the runs that are whole, make the others")
    command.add_argument(
        "--shard", metavar="I/N", type=shard, default=(1, 1), help="make the I-th of N parts; no index is written"
    )
    command.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler, as in tcp://host:8786")
    command.add_argument("--json", action="store_true", help="print the counts as one JSON object")
    command.add_argument("--quiet", action="store_true", help="print errors only")
    command.set_defaults(command=_batch)


def _batch(options: argparse.Namespace) -> int:
    from pathlib import Path

    from qvecsim.progress import bar
    from qvecsim.scenario.plan import load_plan
    from qvecsim.study.batch import Order, Tally, make

    out = None if options.out is None else Path(options.out)
    asked = (options.overrides, options.seed, out, options.jobs, options.resume, options.shard, options.cluster)
    order = Order(load_plan(options.plan), *asked)
    tally = Tally(order.folder)
    shown = not options.quiet
    try:
        with bar(sys.stderr, shown=shown, unit="trace") as reading, bar(sys.stderr, shown=shown, unit="run") as running:
            for _ in make(order, tally, reading, running):
                pass
    except KeyboardInterrupt as stop:
        if tally.runs:
            stop.add_note(f"{tally.kept + tally.done} of {tally.runs} runs are whole; add --resume to go on.")
        raise
    except BatchError:
        _tell_counts(tally.summary(), options)
        raise
    _tell_counts(tally.summary(), options)
    return 0


def _tell_counts(counts: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json or not options.quiet:
        tell(counts, options)
