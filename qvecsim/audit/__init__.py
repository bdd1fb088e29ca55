"""Section III-D, its promise: a run's files, chain and keys verified from what is written, with no simulation."""

from qvecsim.audit.folder import Report, audit
from qvecsim.audit.proof import proofs

__all__ = ["Report", "audit", "proofs"]
