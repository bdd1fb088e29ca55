"""What a run writes, as data: every table, every column, its type, its unit and what it means (V-B).

Keys come first, instants are seconds on the simulation clock, and the unit is in the name and in the Arrow field.

``core``      a column and a table
``run``       the summary and ``runs``
``slots``     ``slots`` and ``faults``
``tasks``     ``tasks`` and ``servers``
``keys``      ``links`` and ``docks``
``chain``     ``blocks``, ``transactions``, ``records`` and ``signatures``
``circuits``  ``quantum``, and its totals
``learning``  ``training`` and ``evaluation``
``register``  which of them there are
``forms``     all of them as JSON, as a page and as Arrow schemas
"""

from __future__ import annotations

from qvecsim.results.schema.circuits import CIRCUITS as CIRCUITS
from qvecsim.results.schema.core import SCHEMA_VERSION as SCHEMA_VERSION
from qvecsim.results.schema.core import Column as Column
from qvecsim.results.schema.core import Table as Table
from qvecsim.results.schema.forms import arrow as arrow
from qvecsim.results.schema.forms import columns as columns
from qvecsim.results.schema.forms import markdown as markdown
from qvecsim.results.schema.register import ALL_TABLES as ALL_TABLES
from qvecsim.results.schema.register import BESIDE as BESIDE
from qvecsim.results.schema.register import BESIDE_OF as BESIDE_OF
from qvecsim.results.schema.register import LEARNING as LEARNING
from qvecsim.results.schema.register import TABLES as TABLES
from qvecsim.results.schema.register import UNDATED as UNDATED
from qvecsim.results.schema.run import SUMMARY as SUMMARY
from qvecsim.results.schema.slots import OVER as OVER
