"""Files of a figure that are for reading: its tables, written and read again, and its caption."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def as_csv(head: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    """A table; what is not known is empty."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(head)
    rows.writerows(["" if isinstance(cell, float) and math.isnan(cell) else cell for cell in line] for line in lines)
    return text.getvalue().encode()


def caption(words: Mapping[str, Any]) -> str:
    """Profile, seeds and what is drawn, in one line."""
    least, most = words["n"]
    parts = [
        f"profile {', '.join(words['profiles'])}",
        _spelled("seed", words["seeds"]),
        *([_spelled("replication", words["replications"])] if not words["train"] else []),
        f"n = {most}" if least == most else f"n = {least} to {most}",
        *([f"{words['train']['evaluations']} worlds an evaluation"] if words["train"] else []),
        *([f"{words['slots'][0]:,} slots"] if len(words["slots"]) == 1 and words["slots"][0] else []),
        words["intervals"],
        *(["small setting"] if words["small"] else []),
    ]
    return f"{', '.join(words['scenarios'])}: {'; '.join(parts)}"


def _spelled(name: str, numbers: Sequence[int]) -> str:
    """``seed 1``, ``seeds 1-5`` or ``seeds 1, 7``."""
    if len(numbers) == 1:
        return f"{name} {numbers[0]}"
    if list(numbers) == list(range(numbers[0], numbers[-1] + 1)):
        return f"{name}s {numbers[0]}-{numbers[-1]}"
    return f"{name}s {', '.join(map(str, numbers))}"


def read_table(path: Path) -> list[dict[str, Any]]:
    """The rows of a frame or of its draws, numbers as numbers and what is not known as NaN."""
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: _read(name, cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def _read(name: str, cell: str) -> Any:
    if name == "draw":
        return cell
    if name in ("mean", "low", "high", "value"):
        return float(cell) if cell else math.nan
    try:
        return json.loads(cell)
    except ValueError:
        return cell
