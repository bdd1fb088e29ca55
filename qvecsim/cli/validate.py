"""Check a scenario file or a policy."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from qvecsim.cli.options import add_overrides


def add(commands: Any) -> None:
    """Its parser."""
    command = commands.add_parser(
        "validate",
        help="check a scenario file, or a policy given as module:Class",
        description="Check a scenario file, or a policy given as module:Class, and say all that is wrong with it.",
    )
    command.add_argument("subject", metavar="FILE|module:Class")
    add_overrides(command)
    command.set_defaults(command=_validate)


def _validate(options: argparse.Namespace) -> int:
    if ":" in options.subject and not options.subject.endswith((".yaml", ".yml")):
        return _validate_policy(options.subject)
    from qvecsim.scenario import load
    from qvecsim.validation import check_scenario, idle_keys

    scenario = load(options.subject, *options.overrides, seed=options.seed)
    check_scenario(scenario)
    for note in idle_keys(scenario):
        print(note, file=sys.stderr)
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
