"""Look at mobility traces, and make them."""

from __future__ import annotations

import argparse
from typing import Any

from qvecsim.cli.options import add_overrides, from_to
from qvecsim.cli.telling import tell


def add(commands: Any) -> None:
    """Its parser."""
    command = commands.add_parser("trace", help="look at mobility traces")
    verbs = command.add_subparsers(title="verbs", required=True, metavar="VERB")
    info = verbs.add_parser("info", help="records, vehicles, times and bounds of a trace")
    info.add_argument("file", metavar="FILE", help="SUMO FCD (XML, CSV, Parquet), or a scenario .yaml that names one")
    add_overrides(info)
    info.add_argument("--json", action="store_true", help="print one JSON object")
    info.set_defaults(command=_trace_info)
    make = verbs.add_parser(
        "make",
        help="make a trace of a made-up town with SUMO",
        description="Make a trace of vehicles in a grid of streets with SUMO (pip install 'qvecsim[sumo]'). "
        "The same options and the same SUMO give the same bytes.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    make.add_argument("out", metavar="OUT", help="file to write: .xml.gz, .xml, .csv.gz, .csv or .parquet")
    make.add_argument("--grid", metavar="N", type=from_to(1, 100, int), default=5, help="crossings along each side")
    make.add_argument("--length", metavar="M", type=from_to(50, 10_000), default=200.0, help="m between crossings")
    make.add_argument("--lanes", metavar="N", type=from_to(1, 8, int), default=2, help="lanes in each direction")
    make.add_argument(
        "--vehicles-per-hour", metavar="R", type=from_to(1, 1e6), default=1800.0, help="vehicles that set out"
    )
    make.add_argument("--seconds", metavar="S", type=from_to(1, 1e6), default=600.0, help="time that is recorded")
    make.add_argument("--warmup", metavar="S", type=from_to(0, 1e6), default=300.0, help="time that is driven before")
    make.add_argument("--step", metavar="S", type=from_to(0.001, 10), default=1.0, help="time from record to record")
    make.add_argument("--seed", metavar="N", type=from_to(0, 2**31 - 1, int), default=1, help="of every random number")
    make.add_argument(
        "--parking", metavar="SHARE", type=from_to(0, 1), default=0.0, help="share of vehicles that park for 5 min"
    )
    make.add_argument("--network-out", metavar="FILE", help="write the streets, too: .net.xml.gz or .net.xml")
    make.add_argument("--force", action="store_true", help="replace files that are there")
    make.add_argument("--json", action="store_true", help="print one JSON object")
    make.set_defaults(command=_trace_make)


def _trace_info(options: argparse.Namespace) -> int:
    from qvecsim.world.mobility.reader import read_trace
    from qvecsim.world.mobility.trace import info

    if not options.file.endswith((".yaml", ".yml")):
        return tell(info(read_trace(options.file)), options)
    from qvecsim.scenario import load
    from qvecsim.world.world import replayed

    return tell(info(replayed(load(options.file, *options.overrides, seed=options.seed))), options)


def _trace_make(options: argparse.Namespace) -> int:
    from pathlib import Path

    from qvecsim.world.sumo.making import Town, make

    town = Town(
        options.grid,
        options.length,
        options.lanes,
        options.vehicles_per_hour,
        options.seconds,
        options.warmup,
        options.step,
        options.seed,
        options.parking,
    )
    network = None if options.network_out is None else Path(options.network_out)
    return tell(make(town, Path(options.out), network, force=options.force), options)
