"""Records as text become numbers here, a block at a time; what is wrong with one is said in words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

import numpy as np

from qvecsim.types import Floats
from qvecsim.units import NEVER_NS, NS_PER_S

ID_MAX = 256
NUMBER_MAX = 64  # characters; longer numbers are an attack on the converter

NUMBER_HINT = "SUMO writes decimals; mend the record, or leave it out."
COMMA_HINT = "Write a point, not a comma."
ATTRIBUTES_HINT = "Run SUMO with x and y among --fcd-output.attributes."
POSITION_HINT = "SUMO writes such a value for a vehicle that is nowhere."
GEO_HINT = "Are x and y metres? Then set coords: xy."
MIXED_HINT = "Are these two traces in one file?"

DECIMAL = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?\s*", re.ASCII)
CLOCK = re.compile(r"\s*(?:(\d+):)?(\d+):(\d\d):(\d\d(?:\.\d*)?)\s*", re.ASCII)

Fault = tuple[str, str]  # what, hint
Text = str | None  # as written; None: not there


class Limits(NamedTuple):
    """The largest absolute x and y."""

    x: float
    y: float
    hint: str


METRES = Limits(1e8, 1e8, POSITION_HINT)  # SUMO writes -1073741824 where it has no position
DEGREES = Limits(180.0, 84.0, GEO_HINT)  # transverse Mercator ends before the poles


class Rows(NamedTuple):
    """A block of records as they were written."""

    id: Sequence[Text]
    x: Sequence[Text]
    y: Sequence[Text]
    speed: Sequence[Text]


def instant_ns(text: str, unit_s: Decimal = Decimal(1)) -> int | None:
    """A time, as a number of units or as [D:]H:M:S, as nanoseconds; None where it is neither."""
    seconds = _seconds(text, unit_s)
    # Compared before it is made an integer: 1e9999 would be a number of ten thousand digits.
    if seconds is None or abs(seconds) * NS_PER_S >= NEVER_NS:
        return None
    return int((seconds * NS_PER_S).to_integral_value(ROUND_HALF_EVEN))


def _seconds(text: str, unit_s: Decimal) -> Decimal | None:
    if len(text) > NUMBER_MAX:
        return None
    if DECIMAL.fullmatch(text):
        return Decimal(text.strip()) * unit_s
    clock = CLOCK.fullmatch(text)
    if clock is None:
        return None
    days, hours, minutes, seconds = (Decimal(part or 0) for part in clock.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def numbers(rows: Rows, limits: Limits = METRES) -> tuple[Floats, Floats, Floats] | None:
    """x, y and speed (NaN: not told) of a block, or None where any record breaks a rule."""
    if not rows.id:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    try:
        told = "".join(("".join(rows.x), "".join(rows.y), "".join(filter(None, rows.speed))))  # type: ignore[arg-type]
        x, y = (np.fromiter(map(float, texts), np.float64, len(rows.id)) for texts in (rows.x, rows.y))  # type: ignore[arg-type]
        speed_m_s, moving = _speeds(rows.speed)
        named = "" not in rows.id and max(map(len, rows.id)) <= ID_MAX  # type: ignore[arg-type]
    except (TypeError, ValueError):  # None, or no number
        return None
    plain = "_" not in told and told.isascii()  # Python's float reads 1_0, and digits of every script
    placed = bool((np.abs(x) < limits.x).all() and (np.abs(y) < limits.y).all())
    return (x, y, speed_m_s) if plain and named and placed and moving else None


def _speeds(texts: Sequence[Text]) -> tuple[Floats, bool]:
    """Speeds, NaN where there is no text, and whether all that have one are allowed."""
    if None not in texts and "" not in texts:
        speed_m_s = np.fromiter(map(float, texts), np.float64, len(texts))  # type: ignore[arg-type]
        return speed_m_s, bool(((speed_m_s >= 0) & (speed_m_s < math.inf)).all())
    told = [float(text) if text else 0.0 for text in texts]
    allowed = all(0 <= number < math.inf for number in told)
    return np.array([number if text else math.nan for text, number in zip(texts, told, strict=True)]), allowed


def faults(rows: Rows, limits: Limits = METRES) -> Iterable[Fault | None]:
    """What is wrong with each record, and a hint; None: nothing."""
    for name, x, y, speed in zip(*rows, strict=True):
        place = _misplaced("x", x, limits.x, limits) or _misplaced("y", y, limits.y, limits)
        yield _misnamed(name) or place or _misdriven(speed)


def _misnamed(name: Text) -> Fault | None:
    if name is None:
        return "vehicle without an 'id'", ""
    if not 0 < len(name) <= ID_MAX:
        return f"'id' must have 1 to {ID_MAX} characters (got {short(name)})", ""
    return None


def _misplaced(name: str, text: Text, most: float, limits: Limits) -> Fault | None:
    if text is None or not text.strip():
        return f"vehicle without '{name}'", ATTRIBUTES_HINT
    value = number(text)
    if value is None:
        hint = COMMA_HINT if number(text.replace(",", ".", 1)) is not None else NUMBER_HINT
        return f"'{name}' must be a finite number (got {short(text)})", hint
    if abs(value) >= most:
        unit = "m" if limits is METRES else "degrees"
        return f"'{name}' must be within {most:g} {unit} (got {short(text)})", limits.hint
    return None


def _misdriven(text: Text) -> Fault | None:
    if not text:
        return None
    speed_m_s = number(text)
    if speed_m_s is None:
        return f"'speed' must be a finite number (got {short(text)})", NUMBER_HINT
    return None if speed_m_s >= 0 else (f"'speed' must not be negative (got {short(text)})", "")


def number(text: str) -> float | None:
    """A finite decimal number, or None."""
    if "_" in text or not text.isascii():
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def short(text: str) -> str:
    """A value cut to fit into a sentence."""
    return repr(text if len(text) <= 40 else text[:37] + "...")


def plain_s(time_ns: int) -> str:
    """Nanoseconds as seconds without trailing zeros."""
    return f"{Decimal(int(time_ns)) / NS_PER_S:f}"
