"""Numbers as people read them: four digits, a prefix, a unit."""

from __future__ import annotations

import math
from typing import Any

NOTHING = "\u2013"
PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))
SUFFIXES = ("_s", "_bps", "_bit", "_j", "_db", "_m")
SHARE = "share"  # a unit of our own: 0.1 is 10 %
PLAIN = ("", "1")


def shown(value: Any, unit: str = "1") -> str:
    """A value with its unit, as in 13.27 kbit/s."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return NOTHING
    if isinstance(value, str):
        return value
    if unit == SHARE:
        return f"{digits(100 * value)} %"
    if unit in PLAIN:
        return digits(value)
    factor, prefix = prefixed(abs(value), unit)
    return f"{digits(value / factor)} {prefix}{unit}"


def between(low: float, high: float, unit: str = "1") -> str:
    """Two values with their unit once, as in 13.01 to 13.53 kbit/s."""
    factor, prefix = (0.01, "") if unit == SHARE else prefixed(max(abs(low), abs(high)), unit)
    word = "%" if unit == SHARE else "" if unit in PLAIN else prefix + unit
    return f"{digits(low / factor)} to {digits(high / factor)} {word}".rstrip()


def prefixed(size: float, unit: str) -> tuple[float, str]:
    """The factor and the prefix for values of about this size; counts, shares and hours have none."""
    if unit in PLAIN or unit == SHARE or size == 0 or not math.isfinite(size):
        return 1.0, ""
    least = 1.0 if unit.startswith("bit") else 1e-9  # nobody counts in millibits
    most = 1.0 if unit == "s" else 1e12  # nor in kiloseconds
    allowed = [(factor, prefix) for factor, prefix in PREFIXES if least <= factor <= most]
    return next(((factor, prefix) for factor, prefix in allowed if size >= 0.9995 * factor), allowed[-1])


def digits(value: float) -> str:
    """Four significant digits; whole numbers in full, with commas."""
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    if 1e4 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def label(column: str) -> str:
    """The words of a column's name, without its unit."""
    name = next((column.removesuffix(suffix) for suffix in SUFFIXES if column.endswith(suffix)), column)
    return name.replace("_", " ")


def clipped(name: str, length: int) -> str:
    """A name that fits a drawing."""
    return name if len(name) <= length else name[: length - 1] + "…"


def exact(value: Any) -> str:
    """A value in full, as a program reads it."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return repr(value) if isinstance(value, int | float) else str(value)
