"""The claims of the paper, in its order: a short quotation, the definition that was used, and the rule that judges.

One file a part of the paper; what they share is in ``words``.
"""

from __future__ import annotations

from claimed import contributions, cost, learning, offloading, outlook
from claimed.words import Claim as Claim

CLAIMS = tuple(claim for part in (contributions, learning, offloading, cost, outlook) for claim in part.CLAIMS)
