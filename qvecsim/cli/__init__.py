"""The command line: thin, one file a command, importing nothing that the command at hand does not need."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from qvecsim import shell
from qvecsim.cli import audit, batch, bound, compare, keyrate, report, run, show, trace, train, validate
from qvecsim.cli.options import Parser
from qvecsim.errors import QvecsimError
from qvecsim.version import __version__

# In the order of the help.
COMMANDS = (run, train, batch, compare, report, validate, audit, bound, trace, keyrate, show)

EXIT_CODES = """\
exit codes:
  0    done
  1    the run failed: a guard fired under strict, or code of your own raised an exception
  2    you can mend it: scenario, option, trace, policy, output folder, full disk
  3    some runs of a batch failed; the others are there
  4    damaged results
  129, 130, 143
       ended by SIGHUP, Ctrl-C, SIGTERM; nothing is left behind but whole runs of a batch

QVECSIM_TRACEBACK=1 in the environment shows the traceback of an error before its line.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code, as in ``EXIT_CODES``."""
    shell.open_streams()
    try:
        with shell.stoppable():
            try:
                return _main(arguments)
            finally:
                shell.flush()
    except BrokenPipeError:
        # The reader of our output went away (``| head``); that is no failure of ours.
        shell.silence(sys.stdout)
        return 0
    except (QvecsimError, OSError) as error:
        shell.tell(error)
        shell.drain()
        return error.exit_code if isinstance(error, QvecsimError) else 2
    except KeyboardInterrupt as stop:
        return shell.stopped(stop)


def _main(arguments: Sequence[str] | None) -> int:
    options = parser().parse_args(arguments)
    code: int = options.command(options)
    return code


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = Parser(
        prog="qvecsim",
        description="Vehicular edge computing secured by quantum key distribution and a blockchain, simulated.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"qvecsim {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return top
