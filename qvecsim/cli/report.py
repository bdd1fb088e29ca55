"""One offline HTML file about a run or a study."""

from __future__ import annotations

import argparse
from typing import Any

from qvecsim.cli.options import add_set

EXAMPLES = """\
examples:
  qvecsim report results/urban-greedy-044d1f6053c0
  qvecsim report RUN --out urban.html --set world.trace=traces/urban.fcd.xml.gz
  qvecsim report results/study_small --open

A run folder does not hold its trace, which the map needs; it is looked for where the run found it, and --set says
where else it is.
"""


def add(commands: Any) -> None:
    """Its parser."""
    command = commands.add_parser(
        "report",
        help="write one offline HTML file about a run or a study",
        description="Write one HTML file that needs nothing else: numbers with intervals, charts, and a map to step "
        "through time.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("results", metavar="RUN|STUDY", help="run folder or study; or what training has left")
    command.add_argument("--out", metavar="FILE", help="HTML file (default: NAME.html beside the folder)")
    command.add_argument("--open", action="store_true", help="show it in the browser")
    command.add_argument("--quiet", action="store_true", help="print errors only")
    add_set(command)
    command.set_defaults(command=_report)


def _report(options: argparse.Namespace) -> int:
    from qvecsim.reports.report import report

    written = report(options.results, *options.overrides, out=options.out)
    if not options.quiet:
        print(written)
    if options.open:
        import webbrowser

        webbrowser.open(written.resolve().as_uri())
    return 0
