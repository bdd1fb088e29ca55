"""Run a plan."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from qvecsim.cli.options import add_overrides, from_to, shard
from qvecsim.cli.telling import tell
from qvecsim.errors import BatchError

if TYPE_CHECKING:
    from qvecsim.study.batch import Order

EXAMPLES = """\
examples:
  qvecsim batch scenarios/plans/study_small.yaml --jobs 4
  qvecsim batch scenarios/plans/study_small.yaml --jobs 4 --resume
  qvecsim batch scenarios/plans/study_small.yaml --shard 2/3 --out /data/study
  qvecsim batch scenarios/paper/all.yaml --small --jobs 2
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
    command.add_argument("plan", metavar="PLAN", help="YAML file of a plan, or of several")
    command.add_argument("--small", action="store_true", help="in the plan's small setting")
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

    from qvecsim.study.many import orders

    out = None if options.out is None else Path(options.out)
    asked = (options.overrides, options.seed, out, options.jobs, options.resume, options.shard, options.cluster)
    problems: list[str] = []
    for order in orders(options.plan, *asked, small=options.small):
        try:
            _study(order, options)
        except BatchError as error:  # the other plans can be run all the same
            problems += error.problems
    if problems:
        raise BatchError(problems)
    return 0


def _study(order: Order, options: argparse.Namespace) -> None:
    """One plan."""
    from qvecsim.progress import bar
    from qvecsim.study.batch import Tally, make
    from qvecsim.study.many import gather

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
    gather(order)
    _tell_counts(tally.summary(), options)
    for note in tally.notes:
        print(note, file=sys.stderr)


def _tell_counts(counts: dict[str, Any], options: argparse.Namespace) -> None:
    if options.json or not options.quiet:
        tell(counts, options)
