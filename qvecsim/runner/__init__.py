"""Scenario to result: what is behind the command line, studies and notebooks.

``result``     one run, from its scenario to its folder
``naming``     what names a run
``drive``      a policy and a simulation, slot by slot
``totals``     what a run adds up as it goes, and its summary
``recording``  what a run writes as it goes
``manifest``   what stands beside its tables
"""

from __future__ import annotations

from qvecsim.runner.drive import blaming as blaming
from qvecsim.runner.drive import calm_collector as calm_collector
from qvecsim.runner.drive import decided as decided
from qvecsim.runner.drive import made as made
from qvecsim.runner.drive import replay as replay
from qvecsim.runner.naming import name_of as name_of
from qvecsim.runner.recording import Progress as Progress
from qvecsim.runner.result import Result as Result
from qvecsim.runner.result import run as run
from qvecsim.runner.totals import Totals as Totals
from qvecsim.runner.totals import summarise as summarise
