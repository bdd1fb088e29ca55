"""Key rate of a link against its length."""

from __future__ import annotations

import argparse
from typing import Any

from qvecsim.cli.options import add_set
from qvecsim.cli.telling import as_json

EXAMPLES = """\
examples:
  qvecsim keyrate --km 0:200:5
  qvecsim keyrate --protocol finite --km 50,100 --set qkd.field.block_bit=1e6 --json
  qvecsim keyrate --db 14.5 --set qkd.field.efficiency=0.1 --set qkd.field.mu=0.48

Detectors, source and security are the keys qkd.field.*, the fibre qkd.attenuation_db_per_km and
world.fibre.insertion_db; qvecsim show parameters lists them. A key that this command does not read is refused.
"""


def add(commands: Any) -> None:
    """Its parser."""
    command = commands.add_parser(
        "keyrate",
        help="key rate of a QKD link against its length",
        description="Print loss, error rate and secret bits of a QKD link, as `physics.qkd: field` has them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--protocol", metavar="NAME", help="decoy (default), finite or bbm92")
    command.add_argument("--km", metavar="KM", help="lengths: start:stop:step, a list, or one (default 0:200:5)")
    command.add_argument("--db", metavar="DB", help="whole losses of links, dB, instead of lengths; in the same way")
    add_set(command)
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.add_argument("--plot", metavar="FILE", help="draw it, too: .png, .pdf or .svg (needs matplotlib)")
    command.set_defaults(command=_keyrate)


def _keyrate(options: argparse.Namespace) -> int:
    from qvecsim import keyrate
    from qvecsim.scenario import defaults

    scenario = defaults(*options.overrides, protocol=options.protocol)
    keyrate.check_read(*options.overrides)
    table = keyrate.table(keyrate.places(options.km, options.db), scenario)
    if options.plot is not None:
        keyrate.plot(table, options.plot)
    print(as_json(keyrate.plain(table)) if options.json else keyrate.render(table))
    return 0
