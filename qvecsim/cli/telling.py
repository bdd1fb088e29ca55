"""How commands print facts: as lines, or as one JSON object."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any


def tell(facts: dict[str, Any], options: argparse.Namespace) -> int:
    """One fact a line, or all as one object with ``--json``."""
    if options.json:
        print(as_json(facts))
        return 0
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name:<{width}}  {_told(value)}")
    return 0


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def as_json(facts: Any) -> str:
    """One object; what is no finite number is null, as JSON has neither NaN nor infinity."""
    gone = {name: None for name, value in facts.items() if isinstance(value, float) and not math.isfinite(value)}
    return json.dumps({**facts, **gone}, allow_nan=False)
