"""Compare runs and studies."""

from __future__ import annotations

import argparse
from typing import Any

from qvecsim.cli.bound import bounds_of
from qvecsim.cli.options import add_set, count
from qvecsim.cli.telling import as_json


def add(commands: Any) -> None:
    """Its parser."""
    command = commands.add_parser(
        "compare",
        help="differences between schemes, profiles or values over common replications",
        description="Paired differences over common replications, with 95 % intervals; the mean latency beside the "
        "miss rate.",
    )
    command.add_argument("results", metavar="RUN|STUDY", nargs="+", help="run folders and studies")
    command.add_argument(
        "--by", metavar="KEY", help="what is compared: scheme, profile, trace, or a parameter that was swept"
    )
    command.add_argument("--baseline", metavar="VALUE", help="what all others are compared with (default: the first)")
    command.add_argument("--each", action="store_true", help="compare in each setting by itself")
    command.add_argument(
        "--bound", action="store_true", help="also how far each RUN, which no study may be, is from the best"
    )
    command.add_argument("--slots", metavar="N", type=count, default=20, help="with --bound: slots to sample (20)")
    add_set(command)
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(command=_compare)


def _compare(options: argparse.Namespace) -> int:
    from qvecsim.study.compare import as_object, compare, left_out
    from qvecsim.study.wording import render

    # One run alone has nothing to be compared with but the best.
    alone = options.bound and len(options.results) == 1
    found = [] if alone else compare(*options.results, by=options.by, baseline=options.baseline, each=options.each)
    missing = 0 if alone else left_out(options.results)
    reports = [bounds_of(path, options) for path in options.results] if options.bound else []
    if options.json:
        told = {"comparisons": [as_object(one) for one in found], "left_out": missing}
        print(as_json(told | ({"bounds": [report.plain() for report in reports]} if options.bound else {})))
        return 0
    from qvecsim.bounds.report import render as rendered

    print("\n\n".join([*([] if alone else [render(found, missing)]), *map(rendered, reports)]))
    return 0
