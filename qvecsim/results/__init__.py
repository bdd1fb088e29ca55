"""What is written (V-B): the tables as data, their recorder, the run folder, and the metrics read from it.

``schema``    every table and column, with unit and meaning
``recorder``  rows as they happen, into closed Parquet parts
``parquet``   columns as the bytes of a part, and back
``tasks``     the columns of table ``tasks``
``disk``      files that are there whole or not at all
``files``     what stands beside the tables of a run folder
``writing``   a run folder: written whole or not at all
``store``     a run folder: read lazily and checked
``lessons``   what training leaves in a policy folder
``metrics``   the four metrics of V-B, the summary, and its rendering
``frames``    the same as tidy frames, by run, by scheme, by RSU and over time
``intervals`` what is known about a mean of few numbers
"""

from __future__ import annotations

from qvecsim.results import metrics as metrics
