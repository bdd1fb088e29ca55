"""Writes traces/bench.csv: twelve vehicles for 41 s among three places, so that the load moves from place to place.

    python traces/make_bench.py > traces/bench.csv

Two convoys of four go round the triangle in opposite senses, from a corner to the next in 15 s, and stop there for 5 s;
four vehicles stay, one near each corner and one in the middle. Nothing is drawn: the same text every time.
"""

from __future__ import annotations

import math
import sys

CORNERS = ((0.0, 0.0), (300.0, 0.0), (150.0, 260.0))
STOP_S, DRIVE_S, SPACING_M = 5.0, 15.0, 25.0
STAYING = ((40.0, 30.0), (260.0, 30.0), (150.0, 200.0), (150.0, 90.0))


def on_round(time_s: float, first: int, sense: int) -> tuple[float, float]:
    """Where a convoy is."""
    leg, within_s = divmod(time_s, STOP_S + DRIVE_S)
    done = max(within_s - STOP_S, 0.0) / DRIVE_S
    here, there = CORNERS[(first + sense * int(leg)) % 3], CORNERS[(first + sense * (int(leg) + 1)) % 3]
    return here[0] + done * (there[0] - here[0]), here[1] + done * (there[1] - here[1])


def positions(time_s: float) -> list[tuple[float, float]]:
    """All twelve."""
    found = []
    for first, sense in ((0, 1), (2, -1)):
        for place in range(4):
            x_m, y_m = on_round(time_s, first, sense)
            turn = math.pi / 2 * place
            found.append((x_m + SPACING_M * math.cos(turn), y_m + SPACING_M * math.sin(turn)))
    return found + list(STAYING)


def main() -> None:
    """Write the table to the standard output."""
    sys.stdout.write("time,id,x,y\n")
    for second in range(41):
        for vehicle, (x_m, y_m) in enumerate(positions(float(second))):
            sys.stdout.write(f"{second},v{vehicle:02d},{x_m:.2f},{y_m:.2f}\n")


if __name__ == "__main__":
    main()
