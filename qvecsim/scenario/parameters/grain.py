"""What parameters are made of: one parameter, a group of them, numbers with limits, and draws."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

T = TypeVar("T")
TABLE_II = "Table II"
GYS = "GYS, in Ma et al. 2005"  # Gobby, Yuan, Shields 2004
# The branches of a draw, as they stand in the place of an error; no key of a file can hold the first character.
NUMBER, SET, RANGE = "\0number", "\0set", "\0range"
NAME = re.compile(r"(\w[\w .+-]*)?")


def par(default: Any, unit: str, symbol: str, source: str, meaning: str, **rules: Any) -> Any:
    """One parameter: default, unit ("-": none), the paper's symbol ("" for ours), source, meaning, pydantic rules."""
    extra: JsonDict = {"unit": unit, "symbol": symbol, "source": source}
    if isinstance(default, type) and issubclass(default, BaseModel):
        return Field(default_factory=default, description=meaning, json_schema_extra=extra, **rules)
    return Field(default, description=meaning, json_schema_extra=extra, **rules)


def broken(key: str, rule: str, value: object) -> PydanticCustomError:
    """What a validator of a whole group raises: ``key`` of this group must ``rule``, but is ``value``."""
    return PydanticCustomError("rule", "{rule}", {"key": key, "rule": rule, "value": value})


class Node(BaseModel):
    """A group of parameters: no unknown keys, no inf or nan, no lossy conversion, printable texts, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_default=True)

    @field_validator("*")
    @classmethod
    def _printable(cls, value: Any) -> Any:
        if isinstance(value, str) and not value.isprintable():
            raise ValueError("be printable text")
        return value

    def _rising(self, low: str, high: str, *, equal: bool = False) -> None:
        """Blames whichever of the two keys is written."""
        least, most = getattr(self, low), getattr(self, high)
        if least is None or most is None or least < most or (equal and least == most):
            return
        if low in self.model_fields_set and high not in self.model_fields_set:
            raise broken(low, f"be {'at most' if equal else 'less than'} '{high}', which is {most!r}", least)
        raise broken(high, f"be {'at least' if equal else 'greater than'} '{low}', which is {least!r}", most)


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _whole(value: object) -> object:
    # 1e6 is a float in YAML, and the natural way to write a large count.
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53 else value


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError("be letters, digits, spaces, '_', '.', '+' and '-', and begin with a letter or digit")
    return value


def _column(value: object) -> object:
    # The third column of a table without headings is written 3, and kept as #3.
    return f"#{value}" if isinstance(value, int) and not isinstance(value, bool) and value > 0 else value


Many = Annotated[tuple[T, ...], BeforeValidator(_tuple)]
Whole = Annotated[int, BeforeValidator(_whole)]
Name = Annotated[str, Field(max_length=64), AfterValidator(_name)]
Column = Annotated[
    str,
    BeforeValidator(_column),
    Field(min_length=1, max_length=256),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer", "minimum": 1}]}),
]
File = Annotated[str, Field(min_length=1, max_length=4096, json_schema_extra={"format": "path"})]
LARGEST = 1e18  # what is drawn or counted must fit 64-bit integers
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Rate = Annotated[float, Field(gt=0, le=1e14)]
Timer = Annotated[float, Field(ge=1e-3, le=1e9)]
Probability = Annotated[float, Field(ge=0, le=1)]
Instant = Annotated[float, Field(ge=0, le=4.6e9)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-84, le=84)]  # where a transverse Mercator plane is good


class Range(Node):
    """A value drawn uniformly from [low, high]."""

    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        self._rising("low", "high", equal=True)
        return self


def _above_zero(value: Range) -> Range:
    if value.low <= 0:
        raise broken("low", "be greater than 0", value.low)
    return _countable(value)


def _from_zero(value: Range) -> Range:
    if value.low < 0:
        raise broken("low", "be at least 0", value.low)
    return _countable(value)


def _from_a_millisecond(value: Range) -> Range:
    if value.low < 1e-3:
        raise broken("low", "be at least 0.001", value.low)
    return _countable(value)


def _countable(value: Range) -> Range:
    if value.high > LARGEST:
        raise broken("high", f"be at most {LARGEST:g}", value.high)
    return value


def _shape(value: object) -> str | None:
    """Which branch of a draw is meant, so that an error names one rule instead of those of all branches."""
    if isinstance(value, dict | Range):
        return RANGE
    if isinstance(value, list | tuple):
        return SET
    return NUMBER if isinstance(value, int | float) and not isinstance(value, bool) else None


# A number, a set from which one is drawn, or a range.
Draw = float | tuple[float, ...] | Range
SHAPE = Discriminator(_shape, "draw", "be a number, a list of numbers, or {low: ..., high: ...}")
PositiveDraw = Annotated[
    Annotated[float, Field(gt=0, le=LARGEST), Tag(NUMBER)]
    | Annotated[Many[Annotated[float, Field(gt=0, le=LARGEST)]], Field(min_length=1), Tag(SET)]
    | Annotated[Range, AfterValidator(_above_zero), Tag(RANGE)],
    SHAPE,
]
TimerDraw = Annotated[
    Annotated[Timer, Tag(NUMBER)]
    | Annotated[Many[Timer], Field(min_length=1), Tag(SET)]
    | Annotated[Range, AfterValidator(_from_a_millisecond), Tag(RANGE)],
    SHAPE,
]
NotNegativeDraw = Annotated[
    Annotated[float, Field(ge=0, le=LARGEST), Tag(NUMBER)]
    | Annotated[Many[Annotated[float, Field(ge=0, le=LARGEST)]], Field(min_length=1), Tag(SET)]
    | Annotated[Range, AfterValidator(_from_zero), Tag(RANGE)],
    SHAPE,
]


class Site(Node):
    """A roadside unit, or a QKD node, at a place: metres in the trace's plane, or degrees on the WGS 84 globe."""

    name: Name = par("", "-", "", "ours", "name in tables; empty: numbered")
    x_m: float | None = par(None, "m", "", "ours", "position in the trace's plane")
    y_m: float | None = par(None, "m", "", "ours", "position in the trace's plane")
    lon: Longitude | None = par(None, "deg", "", "ours", "longitude, instead of x_m")
    lat: Latitude | None = par(None, "deg", "", "ours", "latitude, instead of y_m")

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        metres, degrees = (self.x_m, self.y_m), (self.lon, self.lat)
        if sorted([metres.count(None), degrees.count(None)]) != [0, 2]:
            given = {key: value for key, value in self.model_dump().items() if key != "name" and value is not None}
            raise broken("x_m", "be given with 'y_m', or 'lon' with 'lat', and not both pairs", given)
        return self
