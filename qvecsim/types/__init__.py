"""The nouns that every room shares: frozen records of arrays.

Axes: V vehicles present, N vehicles of the whole trace, T tasks under way, M roadside units (each with one edge
server, one validator and one feeding QKD link), Q QKD nodes, L QKD links, P pairs priced by the key model (L first).
Instants and durations ``_ns`` are integers on the simulation clock, which starts at 0 with the first slot.

``columns``   columns of numbers; the rows of tasks, jobs and transactions, and their codes
``world``     fleet, scene, outages, draws
``models``    what the models of a slot are asked and answer
``state``     the State and its parts
``decision``  action, observation, outcome, step
"""

from __future__ import annotations

from qvecsim.types.columns import COMPUTED as COMPUTED
from qvecsim.types.columns import CONSUMED as CONSUMED
from qvecsim.types.columns import DONE as DONE
from qvecsim.types.columns import DROPPED as DROPPED
from qvecsim.types.columns import GENERATED as GENERATED
from qvecsim.types.columns import IN_FLIGHT as IN_FLIGHT
from qvecsim.types.columns import JOB as JOB
from qvecsim.types.columns import LATE as LATE
from qvecsim.types.columns import LEFT as LEFT
from qvecsim.types.columns import LOCAL as LOCAL
from qvecsim.types.columns import LOST as LOST
from qvecsim.types.columns import NO_KEY as NO_KEY
from qvecsim.types.columns import NO_REASON as NO_REASON
from qvecsim.types.columns import NO_SIGNAL as NO_SIGNAL
from qvecsim.types.columns import NO_STORE as NO_STORE
from qvecsim.types.columns import OFFLOADED as OFFLOADED
from qvecsim.types.columns import OUTCOMES as OUTCOMES
from qvecsim.types.columns import REASONS as REASONS
from qvecsim.types.columns import RECORDS as RECORDS
from qvecsim.types.columns import RETURN as RETURN
from qvecsim.types.columns import RETURNED as RETURNED
from qvecsim.types.columns import ROOTED_JOB as ROOTED_JOB
from qvecsim.types.columns import RSU_DOWN as RSU_DOWN
from qvecsim.types.columns import SERVER as SERVER
from qvecsim.types.columns import SERVER_DOWN as SERVER_DOWN
from qvecsim.types.columns import STORED as STORED
from qvecsim.types.columns import TASK as TASK
from qvecsim.types.columns import TRANSACTION as TRANSACTION
from qvecsim.types.columns import UNDECIDED as UNDECIDED
from qvecsim.types.columns import UPDATED as UPDATED
from qvecsim.types.columns import UPLINK as UPLINK
from qvecsim.types.columns import Bools as Bools
from qvecsim.types.columns import Floats as Floats
from qvecsim.types.columns import Ints as Ints
from qvecsim.types.columns import Records as Records
from qvecsim.types.decision import BAND_SHARE as BAND_SHARE
from qvecsim.types.decision import Action as Action
from qvecsim.types.decision import Observation as Observation
from qvecsim.types.decision import Outcome as Outcome
from qvecsim.types.decision import Step as Step
from qvecsim.types.models import Finality as Finality
from qvecsim.types.models import Latencies as Latencies
from qvecsim.types.models import Links as Links
from qvecsim.types.models import Rates as Rates
from qvecsim.types.models import Terms as Terms
from qvecsim.types.models import Uploads as Uploads
from qvecsim.types.state import Epoch as Epoch
from qvecsim.types.state import Event as Event
from qvecsim.types.state import Head as Head
from qvecsim.types.state import Loan as Loan
from qvecsim.types.state import Sessions as Sessions
from qvecsim.types.state import State as State
from qvecsim.types.world import Draws as Draws
from qvecsim.types.world import Fleet as Fleet
from qvecsim.types.world import Outages as Outages
from qvecsim.types.world import Scene as Scene
