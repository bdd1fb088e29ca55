#!/bin/sh
# Makes nomavec.fcd.xml.gz beside this script. Needs SUMO 1.28.0 (pip install eclipse-sumo==1.28.0).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SUMO_HOME=${SUMO_HOME:-$(python -c 'import sumo; print(sumo.SUMO_HOME)')}
export SUMO_HOME
cd "$work"

netgenerate --grid --grid.number 7 --grid.length 500 --default-junction-type traffic_light --default.lanenumber 2 \
    --no-turnarounds.tls --no-warnings --seed 9 -o nomavec.net.xml

# 27 vehicles with many stops on their way, so that none of them arrives while they are watched.
python "$SUMO_HOME/tools/randomTrips.py" -n nomavec.net.xml -b 0 -e 27 -p 1 --intermediate 10 --min-distance 2000 \
    --validate -s 9 -o trips.xml -r drive.rou.xml

sumo -n nomavec.net.xml -r drive.rou.xml --begin 0 --end 400 --step-length 1 --seed 9 --no-step-log \
    --fcd-output nomavec.fcd.xml --fcd-output.attributes x,y,speed --device.fcd.begin 100

# The comments hold the date and the paths of whoever ran this; without them the text is the same everywhere.
python - nomavec.fcd.xml <<'PY' | gzip -n -9 >"$here/nomavec.fcd.xml.gz"
import re
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    sys.stdout.write(re.sub(r"<!--.*?-->\s*", "", file.read(), flags=re.DOTALL))
PY
