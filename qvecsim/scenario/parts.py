"""What a plan has beside its axes: the training that its runs are, the figure behind it, and its small setting."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from qvecsim.scenario.parameters import File, Many, Node, Positive, Whole
from qvecsim.scenario.text import short

RUNS = 100_000  # the most in one study

T = TypeVar("T")


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str | int | float) else tuple(value) if isinstance(value, list) else value


def _once(values: tuple[T, ...]) -> tuple[T, ...]:
    if len({short(value) for value in values}) < len(values):
        raise ValueError("name each once")
    return values


def _counted(value: object) -> object:
    """A number of replications as what they are numbered."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= RUNS:
            raise ValueError(f"be from 1 to {RUNS:,}, or a list of replications")
        return tuple(range(value))
    return tuple(value) if isinstance(value, list) else value


Listed = Annotated[tuple[T, ...], BeforeValidator(_listed), Field(min_length=1), AfterValidator(_once)]
Values = Annotated[Many[Any], Field(min_length=1), AfterValidator(_once)]
Replication = Annotated[Whole, Field(ge=0, le=2**63 - 1)]
Replications = Annotated[tuple[Replication, ...], BeforeValidator(_counted), Field(min_length=1), AfterValidator(_once)]
Scheme = Annotated[str, Field(min_length=1)]
Words = Annotated[str, Field(min_length=1, max_length=200)]
Episodes = Annotated[Whole, Field(ge=1, le=10**6)]
Worlds = Annotated[Whole, Field(ge=1, le=1024)]


class Train(Node):
    """Each run of the plan is a training, as of ``qvecsim train``; schemes that learn nothing are only evaluated."""

    episodes: Episodes
    worlds: Worlds = 4
    evaluate: Episodes = 1  # episodes between two evaluations
    evaluations: Worlds = 4


class Figure(Node):
    """What is drawn of a study: metrics ``y``, a panel each, against ``x``, a line for each value of ``by``.

    ``x`` and ``by`` are axes of the study; of trainings, ``x`` may be ``episodes``.
    """

    title: Words
    x: Words
    y: Listed[Words]
    by: Words = "scheme"
    x_label: Words | None = None  # None: the axis by its name
    y_labels: dict[str, Words] = Field(default_factory=dict)  # by metric; without, its name and unit
    x_unit: Positive = 1.0  # what a step of 1 on the picture is in units of ``x``
    x_scale: Literal["linear", "log"] = "linear"
    y_scale: Literal["linear", "log"] = "linear"


class Small(Node):
    """What takes the place of the plan's own with ``--small``: entries of groups one by one, all else as a whole."""

    schemes: Listed[Scheme] | None = None
    replications: Replications | None = None
    traces: Listed[File] | None = None
    settings: dict[str, Any] = Field(default_factory=dict, alias="set")
    sweep: dict[str, Values] = Field(default_factory=dict)
    train: dict[str, Any] = Field(default_factory=dict)
