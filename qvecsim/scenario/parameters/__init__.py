"""Section V-A, Table II: every parameter of a run as data: default, unit, symbol, source, rule, meaning.

One line a parameter. ``Scenario`` is the root of a frozen tree; a scenario file is this tree with some leaves changed.
"""

from __future__ import annotations

import functools
import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, field_validator

from qvecsim.errors import ScenarioError
from qvecsim.scenario.files import GONE, Origin, found, odd
from qvecsim.scenario.parameters.chain import Chain as Chain
from qvecsim.scenario.parameters.chain import Fault as Fault
from qvecsim.scenario.parameters.chain import Validators as Validators
from qvecsim.scenario.parameters.computing import Edge as Edge
from qvecsim.scenario.parameters.computing import Tasks as Tasks
from qvecsim.scenario.parameters.computing import Vehicle as Vehicle
from qvecsim.scenario.parameters.decision import LEARNED as LEARNED
from qvecsim.scenario.parameters.decision import POLICY as POLICY
from qvecsim.scenario.parameters.decision import SCHEME as SCHEME
from qvecsim.scenario.parameters.decision import Decision as Decision
from qvecsim.scenario.parameters.decision import Learning as Learning
from qvecsim.scenario.parameters.decision import Noise as Noise
from qvecsim.scenario.parameters.decision import Objective as Objective
from qvecsim.scenario.parameters.decision import Physics as Physics
from qvecsim.scenario.parameters.decision import Sources as Sources
from qvecsim.scenario.parameters.grain import NAME as NAME
from qvecsim.scenario.parameters.grain import NUMBER as NUMBER
from qvecsim.scenario.parameters.grain import RANGE as RANGE
from qvecsim.scenario.parameters.grain import SET as SET
from qvecsim.scenario.parameters.grain import Draw as Draw
from qvecsim.scenario.parameters.grain import File as File
from qvecsim.scenario.parameters.grain import Many as Many
from qvecsim.scenario.parameters.grain import Name as Name
from qvecsim.scenario.parameters.grain import Node as Node
from qvecsim.scenario.parameters.grain import Positive as Positive
from qvecsim.scenario.parameters.grain import Range as Range
from qvecsim.scenario.parameters.grain import Site as Site
from qvecsim.scenario.parameters.grain import Whole as Whole
from qvecsim.scenario.parameters.grain import par as par
from qvecsim.scenario.parameters.keys import Keys as Keys
from qvecsim.scenario.parameters.keys import Store as Store
from qvecsim.scenario.parameters.qkd import Measured as Measured
from qvecsim.scenario.parameters.qkd import Qkd as Qkd
from qvecsim.scenario.parameters.radio import Radio as Radio
from qvecsim.scenario.parameters.world import Fibre as Fibre
from qvecsim.scenario.parameters.world import Span as Span
from qvecsim.scenario.parameters.world import World as World


class Scenario(Node):
    """One run's whole description; frozen."""

    name: Name = par("scenario", "-", "", "ours", "goes into tables and folders", min_length=1)
    profile: Literal["paper", "amended", "field"] = par("amended", "-", "", "ours", "which reading of the equations")
    scheme: str = par("greedy", "-", "", "ours", "what decides: a name, or module:Class", min_length=1)
    seed: Whole = par(1, "-", "", "ours", "root of every random stream", ge=0, le=2**63 - 1)
    slot_s: float = par(1.0, "s", "epsilon", "ours", "length of a slot", ge=1e-3, le=3600)
    slots: Annotated[Whole, Field(ge=1, le=10**9)] | None = par(
        None, "-", "", "ours", "slots to run; null: as long as the trace"
    )
    strict: bool = par(False, "-", "", "ours", "stop at the first guard that fires")
    world: World = par(..., "-", "", "ours", "mobility and places")
    vehicles: Vehicle = par(Vehicle, "-", "", "ours", "what a vehicle brings")
    tasks: Tasks = par(Tasks, "-", "", "ours", "what vehicles have to compute")
    edge: Edge = par(Edge, "-", "", "ours", "what an edge server brings")
    radio: Radio = par(Radio, "-", "", "ours", "uplink and downlink")
    qkd: Qkd = par(Qkd, "-", "", "ours", "quantum key distribution")
    rate: Measured = par(Measured, "-", "", "ours", "measured key rates")
    keys: Keys = par(Keys, "-", "", "ours", "key pools")
    chain: Chain = par(Chain, "-", "", "ours", "blocks and consensus")
    faults: Many[Fault] = par((), "-", "", "ours", "what fails, and when")
    objective: Objective = par(Objective, "-", "", "ours", "what is minimised")
    sources: Sources = par(Sources, "-", "", "ours", "equation or table")
    learning: Learning = par(Learning, "-", "", "ours", "learning with a next state")
    decision: Decision = par(Decision, "-", "", "ours", "how schemes decide")
    physics: Physics = par(Physics, "-", "", "ours", "models seam by seam")

    _folder: Path = PrivateAttr(default=Path())
    _origins: dict[str, Origin] = PrivateAttr(default_factory=dict)

    @field_validator("slot_s")
    @classmethod
    def _whole_ns(cls, value: float) -> float:
        if Decimal(repr(value)).scaleb(9) % 1:
            raise ValueError("be a whole number of nanoseconds")
        return value

    def __eq__(self, other: object) -> bool:
        """Equal texts: the folder does not matter, the order of the task classes does, because draws follow it."""
        return isinstance(other, Scenario) and self.model_dump_json() == other.model_dump_json()

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    @property
    def folder(self) -> Path:
        """Where the scenario file is."""
        return self._folder

    def file(self, key: str) -> Path:
        """The ordinary file that a key such as ``world.trace`` names, if a scenario may name it; nothing is opened.

        It is looked for beside the scenario file that says so, then in the current folder. Of the folder that
        ``decision.policy`` names it is the file that decides.
        """
        name = functools.reduce(_member, key.split("."), self)
        if not isinstance(name, str):
            raise ScenarioError(f"'{key}' must be given.")
        name = os.path.join(name, LEARNED) if key == POLICY else name
        return found(key, name, self._folder, self._origins.get(key, Origin()))

    def files(self) -> dict[str, Path]:
        """Every file that this scenario names, by its key, in the order of the tree."""
        paths, problems = {}, []
        for key, name in self.named_files().items():
            try:
                paths[key] = Path(name) if self._is_made_up(key, name) else self.file(key)
            except ScenarioError as error:
                problems += error.problems
        if problems:
            raise ScenarioError(problems)
        return paths

    def named_files(self) -> dict[str, str]:
        """The names of all these files as they are written, by key; nothing is looked for."""
        world = self.world
        named = {
            "world.trace": world.trace,
            "world.sumocfg": world.sumocfg,
            "world.network": world.network,
            **{f"world.additional.{index}": name for index, name in enumerate(world.additional)},
            "world.fibre.file": world.fibre.file,
            "tasks.file": self.tasks.file,
            "rate.file": self.rate.file,
            POLICY: self.decision.policy,
        }
        return {key: name for key, name in named.items() if name is not None}

    def with_policy(self, name: str | None, origin: Origin | None = None) -> Scenario:
        """The same with what was learned in another folder, or with nothing learned; ``origin`` is who says so."""
        decision = self.decision.model_copy(update={"policy": name})
        return self._copy(decision=decision)._said(POLICY, origin if name is not None else None)

    def with_scheme(self, name: str, origin: Origin | None = None) -> Scenario:
        """The same under another scheme; ``origin`` is who says so."""
        return self._copy(scheme=name)._said(SCHEME, origin)

    def label(self, key: str) -> str:
        """Where a file or the scheme is named, as errors begin: ``urban.yaml:3: ``; empty where Python code does."""
        place = self._origins.get(key, Origin()).label
        return f"{place}: " if place else ""

    def _copy(self, **values: Any) -> Scenario:
        own = self.model_copy(update=values)
        own._origins = dict(self._origins)
        return own

    def _said(self, key: str, origin: Origin | None) -> Scenario:
        """Itself, knowing who names a file or the scheme now."""
        self._origins.pop(key, None)
        if origin is not None:
            self._origins[key] = origin
        return self

    def _is_made_up(self, key: str, name: str) -> bool:
        """Whether Python code named mobility that is not there, to hand over a trace of its own."""
        return not self._origins and key in ("world.trace", "world.sumocfg") and odd(Path(name)) == GONE


def _member(node: Any, part: str) -> Any:
    return node[int(part)] if isinstance(node, tuple) else getattr(node, part)
