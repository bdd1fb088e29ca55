"""What the paper claims, claim by claim, and what was measured: the page docs/paper.md.

    python benchmarks/claims.py > docs/paper.md

Every verdict is computed from the tables below results/paper, which `qvecsim batch scenarios/paper/all.yaml` writes, or
from arithmetic that stands beside it; what has no table yet is said to be not measured.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(Path(__file__).parent))

from claimed import CLAIMS, Claim  # noqa: E402
from findings import FIGURES, HOLDS, NOT, OPEN, UNMEASURED, Finding, Tables  # noqa: E402

COMMANDS = {"bench": "python benchmarks/bench.py"}  # of tables that no plan writes
HEAD = """\
# What the paper claims, and what was measured

Made by `python benchmarks/claims.py > docs/paper.md` from the tables in `results/paper`; a test holds it equal to them.
Verdicts are rules in `benchmarks/findings.py`, not opinions: a difference **holds** where its 95 % interval is on the
side that the paper says, **does not hold** where it is on the other side or lies within 1 % of the rival's level, and
**cannot be decided** where the interval contains zero and more than that, or where no measurement could tell.
Differences are paired by draw (seed and replication), Student's t, not corrected for their number: of twenty true
nulls one is called otherwise. A scheme wins where it wins against each rival that the sentence names. A small setting
of two or three draws decides little: what cannot be decided by it may be by the full one, and the other way round.

```sh
qvecsim batch scenarios/paper/all.yaml --jobs 2 --small
qvecsim batch scenarios/paper/all.yaml --jobs 32 --resume
python benchmarks/claims.py > docs/paper.md
```

The first line takes minutes, the second the full setting in its place: days of one core. The verdicts on learning
are taken on `bench`, with every control and its tuned rate: [bench.md](bench.md), [verdict.md](verdict.md).

Figs. 4 and 5 are trainings on `scenarios/paper/bench.yaml` in macro mode ([training.md](training.md)); RALC and RARS
learn nothing. Figs. 6-9 are runs of `scenarios/nomavec.yaml`, in which schemes learn from the first slot on: TN-QDRL
for each vehicle, on top of the price rule ([learning.md](learning.md)), RARL over macro actions. The return is that of
the amended objective, a cost with its sign turned, so below zero; the paper's are above, on a scale that it does not
tell. Rules that the paper leaves out (`price`, `greedy`) stand beside its schemes.

"""


def page(tables: Tables) -> str:
    """All of it."""
    found = [(claim, claim.rule(tables)) for claim in CLAIMS]
    parts = [HEAD + _counts([finding for _, finding in found]), _setting(tables), _pictures()]
    for place in dict.fromkeys(claim.place for claim in CLAIMS):
        rows = [_row(claim, finding) for claim, finding in found if claim.place == place]
        table = ["| the paper says | definition | measured | verdict |", "|---|---|---|---|", *rows]
        parts.append(f"## {place}\n\n" + "\n".join(table))
    return "\n\n".join(parts)


def _counts(found: Sequence[Finding]) -> str:
    words = (HOLDS, NOT, OPEN, UNMEASURED)
    each = [f"{sum(finding.verdict == word for finding in found)} {word}" for word in words]
    return f"Of {len(found)} claims: {', '.join(each)}."


def _setting(tables: Tables) -> str:
    """How large the studies are that the tables are of."""
    lines = []
    for name in tables.names:
        words = tables.words(name)
        if words is None:
            lines.append(
                f"- `{name}`: not there yet (`{COMMANDS.get(name, f'qvecsim batch scenarios/paper/{name}.yaml')}`)"
            )
            continue
        size = "small setting" if words["small"] else "full setting"
        least, most = words["n"]
        draws = f"n = {most}" if least == most else f"n = {least} to {most}"
        lines.append(f"- `{name}`: {size}, {draws}, {', '.join(words['scenarios'])}, qvecsim {words['qvecsim']}")
    return "Tables:\n\n" + "\n".join(lines)


def _pictures() -> str:
    names = [name for name in FIGURES if (ROOT / f"docs/pictures/paper/{name}.png").is_file()]
    return "\n\n".join(f"![{name}](pictures/paper/{name}.png)" for name in names)


def _row(claim: Claim, finding: Finding) -> str:
    why = f": {finding.why}" if finding.why else ""
    return f"| {claim.says} | {claim.definition} | {finding.measured} | **{finding.verdict}**{why} |"


def main() -> None:
    """Print the page."""
    print(page(Tables(ROOT / "results/paper")).rstrip())


if __name__ == "__main__":
    main()
