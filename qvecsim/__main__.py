"""``python -m qvecsim``."""

from __future__ import annotations

import sys

from qvecsim.cli import main

sys.exit(main())
