"""qvecsim: a discrete-event simulator of vehicular edge computing secured by QKD and a blockchain.

Run and read
    run        a scenario (file or object) to a run folder and its summary
    train      episodes in which a scheme learns, to a folder that ``run`` uses
    batch      all runs of a plan, one after the other as they are done
    load       a scenario file, with overrides, as a frozen typed tree
    read       a run folder, or a study of many, as pandas frames with units
    compare    differences between schemes over common replications
    report     one offline HTML file about a run or a study
    metrics    the four metrics of V-B, as functions of these frames and as frames: by scheme, by RSU, over time
    Result     what ``run`` returns
    Study      what ``read`` returns for a folder of many runs
    Training   what ``train`` returns

Decide
    Policy       the class to subclass; ``decide(observation)`` returns an action
    Learner      a policy that learns, and whose knowledge can be kept
    Observation  what a policy sees, eq. (24) and beside it
    Action       what it sets, eq. (25)
    Step         what a learner is told
    circuit      the quantum circuit of a policy: OpenQASM 3, drawings, resources

Look inside
    Simulation  a run as an object: observe, step, fork
    Scenario    the tree that ``load`` returns
    Streams     the seed tree

Fail
    QvecsimError   whatever a user can mend
    ScenarioError  a scenario breaks a rule
    TraceError     a trace cannot be replayed
    PolicyError    a policy returned no action
    PhysicsError   a guard fired in a strict run
    PluginError    a model of your own returned what is of no use, or raised
    BatchError     some runs of a study failed
    OutputError    a result cannot be written
    ResultError    a run folder is damaged
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qvecsim.decision.circuit import circuit as circuit
    from qvecsim.decision.policy import Learner as Learner
    from qvecsim.decision.policy import Policy as Policy
    from qvecsim.errors import BatchError as BatchError
    from qvecsim.errors import OutputError as OutputError
    from qvecsim.errors import PhysicsError as PhysicsError
    from qvecsim.errors import PluginError as PluginError
    from qvecsim.errors import PolicyError as PolicyError
    from qvecsim.errors import QvecsimError as QvecsimError
    from qvecsim.errors import ResultError as ResultError
    from qvecsim.errors import ScenarioError as ScenarioError
    from qvecsim.errors import TraceError as TraceError
    from qvecsim.kernel.simulation import Simulation as Simulation
    from qvecsim.reports.report import report as report
    from qvecsim.results import metrics as metrics
    from qvecsim.results.store import read as read
    from qvecsim.results.study import Study as Study
    from qvecsim.runner import Result as Result
    from qvecsim.runner import run as run
    from qvecsim.scenario import Scenario as Scenario
    from qvecsim.scenario import load as load
    from qvecsim.streams import Streams as Streams
    from qvecsim.study.batch import batch as batch
    from qvecsim.study.compare import compare as compare
    from qvecsim.training.train import Training as Training
    from qvecsim.training.train import train as train
    from qvecsim.types import Action as Action
    from qvecsim.types import Observation as Observation
    from qvecsim.types import Step as Step

from qvecsim.version import __version__ as __version__

# Names are fetched when they are first used, so that ``qvecsim --help`` does not wait for what it does not need.
_HOME = {
    "run": "qvecsim.runner",
    "train": "qvecsim.training.train",
    "batch": "qvecsim.study.batch",
    "load": "qvecsim.scenario",
    "read": "qvecsim.results.store",
    "compare": "qvecsim.study.compare",
    "report": "qvecsim.reports.report",
    "metrics": "qvecsim.results",
    "Result": "qvecsim.runner",
    "Study": "qvecsim.results.study",
    "Training": "qvecsim.training.train",
    "Policy": "qvecsim.decision.policy",
    "Learner": "qvecsim.decision.policy",
    "Observation": "qvecsim.types",
    "Action": "qvecsim.types",
    "Step": "qvecsim.types",
    "circuit": "qvecsim.decision.circuit",
    "Simulation": "qvecsim.kernel.simulation",
    "Scenario": "qvecsim.scenario",
    "Streams": "qvecsim.streams",
    "QvecsimError": "qvecsim.errors",
    "ScenarioError": "qvecsim.errors",
    "TraceError": "qvecsim.errors",
    "PolicyError": "qvecsim.errors",
    "PhysicsError": "qvecsim.errors",
    "PluginError": "qvecsim.errors",
    "BatchError": "qvecsim.errors",
    "OutputError": "qvecsim.errors",
    "ResultError": "qvecsim.errors",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'qvecsim' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
