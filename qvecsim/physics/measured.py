"""Key rates that were measured take the place of (12), whatever model answers there. Level: arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qvecsim.types import Floats, Links


def known(links: Links, measured_bps: Floats | None) -> Links:
    """The same links with what was measured, (L,), instead of what was computed; NaN: not measured.

    The objective (22) sees it too where it sums over all pairs; error rates and margins stay as the model has them.
    """
    if measured_bps is None:
        return links
    key_rate_bps = _told(links.key_rate_bps, measured_bps)
    every = len(links.priced_bps) == len(key_rate_bps)
    return replace(links, key_rate_bps=key_rate_bps, priced_bps=key_rate_bps if every else links.priced_bps)


def _told(rate_bps: Floats, measured_bps: Floats) -> Floats:
    rates = np.array(rate_bps, dtype=np.float64)
    rates[: len(measured_bps)] = np.where(np.isnan(measured_bps), rates[: len(measured_bps)], measured_bps)
    return rates
