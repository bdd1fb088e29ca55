"""Time to audit a run folder of 200,000 transactions: 10 servers, 20,000 slots of 1 s, few vehicles, all tables.

python benchmarks/audit.py [--transactions 200000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from kernel import endless

from qvecsim.audit import audit
from qvecsim.runner import run

UNITS = 10


def main() -> None:
    """Print what was audited, and the time of each round."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--transactions", type=int, default=200_000)
    options.add_argument("--vehicles", type=int, default=20)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    sys.modules.setdefault("benchmark_kernel", sys.modules["kernel"])
    with tempfile.TemporaryDirectory() as folder:
        world = endless(chosen.vehicles, chosen.transactions // UNITS)
        path = run(world.scenario, scheme="benchmark_kernel:Half", out=Path(folder) / "run", world=world).path
        size_mb = sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / 1e6
        for _ in range(chosen.rounds):
            began = time.perf_counter()
            report = audit(path)
            spent_s = time.perf_counter() - began
            facts = report.summary()
            counts = ", ".join(f"{facts[name]:,} {name}" for name in ("transactions", "records", "blocks", "faults"))
            print(f"{spent_s:.2f} s: {counts}, {size_mb:.0f} MB")


if __name__ == "__main__":
    main()
