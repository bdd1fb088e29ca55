"""The command line: thin, and importing nothing that the command at hand does not need."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from typing import Any

from qvecsim.errors import QvecsimError
from qvecsim.version import __version__

RUN_EXAMPLES = """\
examples:
  qvecsim run scenarios/urban.yaml
  qvecsim run scenarios/urban.yaml --scheme nearest --seed 7 --out results/nearest
  qvecsim run scenarios/urban.yaml --set world.trace=my.fcd.xml.gz --set keys.missing=local
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 ok, 1 the run failed, 2 the user can mend it, 4 damaged results, 130 interrupted."""
    try:
        try:
            return _main(arguments)
        finally:
            # Here and not at exit, where a reader that has gone would be an error (and exit code 120).
            sys.stdout.flush()
    except QvecsimError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output went away (``| head``); that is no failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("interrupted; nothing was left behind.", file=sys.stderr)
        return 130


def _main(arguments: Sequence[str] | None) -> int:
    options = parser().parse_args(arguments)
    code: int = options.command(options)
    return code


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="qvecsim",
        description="Vehicular edge computing secured by quantum key distribution and a blockchain, simulated.",
    )
    top.add_argument("--version", action="version", version=f"qvecsim {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_validate(commands)
    _add_trace(commands)
    _add_show(commands)
    return top


def _add_run(commands: Any) -> None:
    command = commands.add_parser(
        "run",
        help="run a scenario and write its tables",
        description="Run a scenario and write a run folder: tables, the resolved scenario, and what made them.",
        epilog=RUN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("scenario", metavar="SCENARIO", help="YAML file")
    _add_overrides(command)
    command.add_argument("--scheme", metavar="NAME", help="what decides: a name, or module:Class")
    command.add_argument("--replication", metavar="R", type=_count, default=0, help="branch of the seed (default 0)")
    command.add_argument("--out", metavar="DIR", help="run folder (default: results/NAME-SCHEME-ID)")
    command.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    command.add_argument("--quiet", action="store_true", help="print nothing but errors")
    command.set_defaults(command=_run)


def _add_overrides(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], dest="overrides", help="override a parameter"
    )
    command.add_argument("--seed", metavar="N", type=int, help="root of every random stream")


def _add_validate(commands: Any) -> None:
    command = commands.add_parser(
        "validate",
        help="check a scenario file, or a policy given as module:Class",
        description="Check a scenario file, or a policy given as module:Class, and say all that is wrong with it.",
    )
    command.add_argument("subject", metavar="FILE|module:Class")
    _add_overrides(command)
    command.set_defaults(command=_validate)


def _add_trace(commands: Any) -> None:
    command = commands.add_parser("trace", help="look at mobility traces")
    verbs = command.add_subparsers(title="verbs", required=True, metavar="VERB")
    info = verbs.add_parser("info", help="records, vehicles, times and bounds of a trace")
    info.add_argument("file", metavar="FILE", help="SUMO FCD, .xml or .xml.gz")
    info.add_argument("--json", action="store_true", help="print one JSON object")
    info.set_defaults(command=_trace_info)


def _add_show(commands: Any) -> None:
    command = commands.add_parser("show", help="print an index of the project")
    command.add_argument("what", choices=["equations", "parameters", "schemes"])
    command.set_defaults(command=_show)


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:  # what the tables hold
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 on, of at most 18 digits (got '{text}')")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    from qvecsim.progress import bar
    from qvecsim.runner import run

    with bar(sys.stderr, shown=not options.quiet) as progress:
        result = run(
            options.scenario,
            *options.overrides,
            scheme=options.scheme,
            seed=options.seed,
            replication=options.replication,
            out=options.out,
            progress=progress,
        )
    if options.json:
        print(_json(result.summary))
    elif not options.quiet:
        from qvecsim.results.metrics import render

        print(render(result.summary))
    return 0


def _validate(options: argparse.Namespace) -> int:
    if ":" in options.subject and not options.subject.endswith((".yaml", ".yml")):
        return _validate_policy(options.subject)
    from qvecsim.scenario import load
    from qvecsim.validation import check_scenario

    scenario = load(options.subject, *options.overrides, seed=options.seed)
    check_scenario(scenario)
    print(f"{options.subject}: valid ({scenario.name}, profile {scenario.profile}, scheme {scenario.scheme}).")
    return 0


def _validate_policy(reference: str) -> int:
    from qvecsim.decision.schemes import policy_class
    from qvecsim.validation import problems_of

    problems = problems_of(policy_class(reference))
    for problem in problems:
        print(f"{reference}: {problem}", file=sys.stderr)
    if problems:
        return 2
    print(f"{reference}: valid (tried on a small world, with many vehicles and with none).")
    return 0


def _trace_info(options: argparse.Namespace) -> int:
    from qvecsim.world.reader import read_trace
    from qvecsim.world.trace import info

    facts = info(read_trace(options.file))
    if options.json:
        print(_json(facts))
        return 0
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name:<{width}}  {value:,}" if isinstance(value, int) else f"{name:<{width}}  {value}")
    return 0


def _show(options: argparse.Namespace) -> int:
    from qvecsim import show

    print(getattr(show, options.what)())
    return 0


def _json(facts: Any) -> str:
    """One object; what is no finite number is null, as JSON has neither NaN nor infinity."""
    gone = {name: None for name, value in facts.items() if isinstance(value, float) and not math.isfinite(value)}
    return json.dumps({**facts, **gone}, allow_nan=False)
