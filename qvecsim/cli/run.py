"""Run a scenario."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from qvecsim.cli.options import add_overrides, count
from qvecsim.cli.telling import as_json

EXAMPLES = """\
examples:
  qvecsim run scenarios/urban.yaml
  qvecsim run scenarios/urban.yaml --scheme nearest --seed 7 --out results/nearest
  qvecsim run scenarios/urban.yaml --scheme tnqdrl --policy results/learned
  qvecsim run scenarios/urban.yaml --set world.trace=my.fcd.xml.gz --set keys.missing=local
"""


def add(commands: Any) -> None:
    """Its parser."""
    command = commands.add_parser(
        "run",
        help="run a scenario and write its tables",
        description="Run a scenario and write a run folder: tables, the resolved scenario, and what made them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("scenario", metavar="SCENARIO", help="YAML file")
    add_overrides(command)
    command.add_argument("--scheme", metavar="NAME", help="what decides: a name, or module:Class")
    command.add_argument("--policy", metavar="DIR", help="what the scheme has learned: a folder of qvecsim train")
    command.add_argument("--replication", metavar="R", type=count, default=0, help="branch of the seed (default 0)")
    command.add_argument("--out", metavar="DIR", help="run folder (default: results/NAME-SCHEME-ID)")
    command.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    command.add_argument(
        "--quiet", action="store_true", help="print errors only: no progress, and no summary unless --json asks for it"
    )
    command.set_defaults(command=_run)


def _run(options: argparse.Namespace) -> int:
    from qvecsim.progress import bar
    from qvecsim.runner import run

    with bar(sys.stderr, shown=not options.quiet) as progress:
        result = run(
            options.scenario,
            *options.overrides,
            scheme=options.scheme,
            seed=options.seed,
            policy=options.policy,
            replication=options.replication,
            out=options.out,
            progress=progress,
        )
    if options.json:
        print(as_json(result.summary))
    elif not options.quiet:
        from qvecsim.results.metrics import render

        print(render(result.summary))
    return 0
