"""A plan of plans: one study after the other, each in a folder of its own, and all figures in one place.

::

    paper/fig4/      the study of fig4.yaml
    paper/fig4.csv   its figure: the frame, its words, the picture
    paper/fig5/      ...

Runs that two of the plans have in common are made once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qvecsim.results.study import put
from qvecsim.scenario.plans import load_plans
from qvecsim.study import figures
from qvecsim.study.batch import Order


def orders(
    path: str | Path,
    overrides: Sequence[str] = (),
    seed: int | None = None,
    out: Path | None = None,
    jobs: int = 1,
    resume: bool = False,
    shard: tuple[int, int] = (1, 1),
    cluster: str | None = None,
    *,
    small: bool = False,
) -> list[Order]:
    """What to do with the file of a plan, or of several."""
    asked = (jobs, resume, shard, cluster)
    name, plans = load_plans(path, small=small)
    if name is None:
        return [Order(plans[0], overrides, seed, out, *asked)]
    root = out or Path("results") / name
    folders = [root / plan.title for plan in plans]
    return [
        Order(plan, overrides, seed, folder, *asked, beside=[one for one in folders if one != folder], shown=root)
        for plan, folder in zip(plans, folders, strict=True)
    ]


def gather(order: Order) -> None:
    """Copy the figure of a study that is over to where all of them are."""
    if order.shown is None:
        return
    for name in (figures.FRAME, figures.DRAWS, figures.WORDS, *figures.PICTURES):
        copy = order.plan.title + name.removeprefix("figure")
        if (order.folder / name).is_file():
            put(order.shown, copy, (order.folder / name).read_bytes())
