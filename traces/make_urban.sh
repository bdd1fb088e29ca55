#!/bin/sh
# Makes urban.fcd.xml.gz and urban.net.xml.gz beside this script. Needs SUMO 1.28.0 (pip install eclipse-sumo==1.28.0).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SUMO_HOME=${SUMO_HOME:-$(python -c 'import sumo; print(sumo.SUMO_HOME)')}
export SUMO_HOME
cd "$work"

netgenerate --grid --grid.number 6 --grid.length 200 --grid.attach-length 150 --default.lanenumber 2 \
    --default-junction-type traffic_light --tls.default-type actuated --no-turnarounds.tls --no-warnings --seed 7 \
    -o urban.net.xml

# Three waves of 300 s: the first fills the grid before recording begins.
python "$SUMO_HOME/tools/randomTrips.py" -n urban.net.xml -b 0 -e 900 --insertion-rate 3900 4700 3400 \
    --fringe-factor 5 --min-distance 600 --validate -s 7 -o trips.xml -r drive.rou.xml

# Every eighth vehicle parks beside the road for five minutes, half-way.
python - drive.rou.xml parked.rou.xml <<'PY'
import sys
from xml.etree import ElementTree

tree = ElementTree.parse(sys.argv[1])
for vehicle in tree.getroot().findall("vehicle")[::8]:
    edges = vehicle.find("route").get("edges").split()
    stop = {"lane": edges[len(edges) // 2] + "_0", "endPos": "100", "duration": "300", "parking": "true"}
    ElementTree.SubElement(vehicle, "stop", stop)
tree.write(sys.argv[2])
PY

sumo -n urban.net.xml -r parked.rou.xml --begin 0 --end 901 --step-length 1 --seed 7 --time-to-teleport -1 \
    --no-step-log --fcd-output urban.fcd.xml --fcd-output.attributes x,y,speed --device.fcd.begin 300

# The comments hold the date and the paths of whoever ran this; without them the text is the same everywhere.
for name in urban.fcd.xml urban.net.xml; do
    python - "$name" <<'PY' | gzip -n -9 >"$here/$name.gz"
import re
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    sys.stdout.write(re.sub(r"<!--.*?-->\s*", "", file.read(), flags=re.DOTALL))
PY
done
