"""Check a scenario file or a policy."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
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
    _refuse_module(options.subject)
    from qvecsim.scenario import load
    from qvecsim.validation import check_scenario, idle_keys

    scenario = load(options.subject, *options.overrides, seed=options.seed)
    check_scenario(scenario)
    for note in idle_keys(scenario):
        print(note, file=sys.stderr)
    print(f"{options.subject}: valid ({scenario.name}, profile {scenario.profile}, scheme {scenario.scheme}).")
    return 0


def _refuse_module(subject: str) -> None:
    """A policy needs its class: neither ``mypolicy.py`` nor ``mypolicy`` is a scenario."""
    file = subject if subject.endswith(".py") else f"{subject}.py"
    if Path(file).is_file() and (file == subject or not Path(subject).exists()):
        from qvecsim.errors import PolicyError
        from qvecsim.plugin import no_module

        rule = "must be a scenario file, or a policy as module:Class"
        raise PolicyError(f"'{subject}' {rule} (got a module alone). {no_module(file)}:CLASS.")


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
