"""Write the page of validation: ``python tests/validation/table.py > docs/validation.md``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does

from validation.cases import CASES, NOT_REPRODUCED, SECTIONS, TO_COME, found

TOP = """\
# Validation

Each row is computed by the code of this checkout and compared with what is published. `tests/validation` runs all of \
them as tests; `python tests/validation/table.py > docs/validation.md` makes this page, and a test holds the page \
equal to that.

- **[S]** marks values that were read at second hand, in repositories and pages that restate the source.
- "Evaluated separately" is no publication: other code of ours, written for this comparison, evaluated the formulas \
that are named. "By hand" and "arithmetic" are what they say. Such rows find slips in the code, not in the formulas.
- Deviation is ours less published, of several values the largest. Rows of rounding errors show a bound, for the \
digits differ between machines.
- Rows with ± are means of eight runs with fixed seeds and half of their 95 % intervals. They are tested at 99.9 %, \
for one true row in twenty is outside at 95 %.
"""
HEAD = ("name", "what", "ours", "published", "deviation", "tolerance", "source")
PICTURES = """\
## Pictures

![Key rate against loss and distance for all protocols, the PLOB bound, links in the ground](pictures/keyrate.png)

Key rates of [`physics.qkd: field`](qkd.md) at 1 GHz with GYS receivers, BBM92 with those of Ma, Fung, Lo (2007). \
Points are links in the ground with receivers and clocks of their own, so that they need not lie on a curve; those \
in the table above were computed with the receivers and clocks named there. The Thuringian link lost at least 21 dB.

![Two users: capacity region and schemes; sum rates of many users](pictures/noma.png)

NOMA: on the left where cancellation, its residuals and orthogonal parts lie in the capacity region of two users; on \
the right the sum rate of many equal users at 20 dB ([radio.md](radio.md)).

![Waits at a server: theory, runs, 95 % intervals](pictures/queues.png)

Mean time at a server against its load: lines are theory, points the recursion that runs use, bars 95 % intervals of \
six runs ([radio.md](radio.md)).

`python docs/pictures/keyrate.py` and `python docs/pictures/radio.py` make them again; they need matplotlib.
"""


def table(head, rows):
    """Lines of a Markdown table."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def named(cells):
    """Its first cell as code."""
    return f"`{cells[0]}`", *cells[1:]


def page():
    """The whole page."""
    lines = [TOP]
    agree = sum(case.met(found(case)) for case in CASES)
    lines.append(
        f"{agree} of {len(CASES)} rows agree; {len(NOT_REPRODUCED)} more are not reproduced, with the reason.\n"
    )
    for heading, cases in SECTIONS.items():
        lines += [f"## {heading}\n", *table(HEAD, [named(case.row(found(case))) for case in cases]), ""]
    lines += ["## Not reproduced\n", *table((*HEAD[:5], "source", "reason"), map(apart, NOT_REPRODUCED)), ""]
    lines += ["## Rows to come\n", *table(HEAD[:2], [named(case.row(None))[:2] for case in TO_COME]), ""]
    return "\n".join([*lines, PICTURES])


def apart(case):
    """A row that has a reason."""
    cells = named(case.row(found(case)))
    return *cells[:5], case.source, case.reason


if __name__ == "__main__":
    sys.stdout.write(page())
