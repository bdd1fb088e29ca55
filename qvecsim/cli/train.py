"""Let a scheme learn."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from qvecsim.cli.options import add_overrides, from_to
from qvecsim.cli.telling import tell

EXAMPLES = """\
examples:
  qvecsim train scenarios/urban.yaml --scheme tnqdrl --episodes 8 --set slots=1500 --out results/learned
  qvecsim train scenarios/urban.yaml --scheme tnqdrl --episodes 8 --set slots=1500 --out results/learned --resume
  qvecsim run scenarios/urban.yaml --scheme tnqdrl --policy results/learned
"""


def add(commands: Any) -> None:
    """Its parser."""
    command = commands.add_parser(
        "train",
        help="let a scheme learn for some episodes, and keep what it has learned",
        description="Let a scheme learn, several worlds in step, and write what it has learned into a folder that "
        "qvecsim run --policy uses. Worlds of training are those of no run.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("scenario", metavar="SCENARIO", help="YAML file; slots is the length of an episode")
    add_overrides(command)
    command.add_argument("--scheme", metavar="NAME", help="what learns: a name, or module:Class")
    command.add_argument("--episodes", metavar="N", type=from_to(1, 10**6, int), required=True, help="how many")
    command.add_argument(
        "--worlds", metavar="N", type=from_to(1, 1024, int), default=4, help="episodes in step (default 4)"
    )
    command.add_argument(
        "--evaluate",
        metavar="K",
        type=from_to(0, 10**6, int),
        default=0,
        help="after every K episodes; 0: never",
    )
    command.add_argument(
        "--evaluations", metavar="N", type=from_to(1, 1024, int), default=4, help="worlds of one (default 4)"
    )
    command.add_argument("--out", metavar="DIR", required=True, help="folder of what is learned")
    command.add_argument("--resume", action="store_true", help="go on with a training that was broken off")
    command.add_argument("--keep-state", action="store_true", help="keep what to go on from, when it is over too")
    command.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    command.add_argument("--quiet", action="store_true", help="print errors only")
    command.set_defaults(command=_train)


def _train(options: argparse.Namespace) -> int:
    from qvecsim.progress import bar
    from qvecsim.training.train import train

    with bar(sys.stderr, shown=not options.quiet) as progress:
        done = train(
            options.scenario,
            *options.overrides,
            scheme=options.scheme,
            episodes=options.episodes,
            out=options.out,
            seed=options.seed,
            worlds=options.worlds,
            evaluate=options.evaluate,
            evaluations=options.evaluations,
            resume=options.resume,
            keep_state=options.keep_state,
            progress=progress,
        )
    if options.json or not options.quiet:
        tell(dict(done.summary), options)
    return 0
