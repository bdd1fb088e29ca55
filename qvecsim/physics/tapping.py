"""An eavesdropper on a quantum channel: intercept and resend. Level: arrays."""

from __future__ import annotations

import numpy as np

from qvecsim.types import Floats

# Half of the signals are measured in the wrong basis, and half of these come out wrong (Bennett, Brassard 1984).
ERROR = 0.25


def tapped(qber: Floats, intercepted: Floats) -> Floats:
    """(P,) the error rate of links of which a share ``intercepted`` (L,) is measured and sent on; L first of P.

    Errors of eavesdropper and link are independent, so two of them undo each other: e + i/4 - 2 e i/4.
    """
    if not intercepted.any():
        return qber
    raised = qber.copy()
    clean, added = qber[: len(intercepted)], ERROR * intercepted
    raised[: len(intercepted)] = clean + added - 2.0 * clean * added
    return np.asarray(raised)
