#!/bin/sh
# Makes highway.fcd.xml.gz beside this script. Needs SUMO 1.28.0 (pip install eclipse-sumo==1.28.0).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >nodes.xml <<'XML'
<nodes>
    <node id="west" x="0" y="0"/>
    <node id="middle" x="2500" y="200"/>
    <node id="east" x="5000" y="0"/>
</nodes>
XML
cat >edges.xml <<'XML'
<edges>
    <edge id="e1" from="west" to="middle" numLanes="3" speed="36.11" priority="9"/>
    <edge id="e2" from="middle" to="east" numLanes="3" speed="36.11" priority="9"/>
    <edge id="w1" from="east" to="middle" numLanes="3" speed="36.11" priority="9"/>
    <edge id="w2" from="middle" to="west" numLanes="3" speed="36.11" priority="9"/>
</edges>
XML
netconvert --node-files nodes.xml --edge-files edges.xml --no-turnarounds --no-warnings -o highway.net.xml

cat >flows.rou.xml <<'XML'
<routes>
    <vType id="car" speedFactor="normc(1,0.1,0.7,1.3)"/>
    <vType id="lorry" vClass="truck" maxSpeed="23" length="12"/>
    <flow id="carE" type="car" begin="0" end="500" vehsPerHour="1600" departSpeed="max" departLane="random" from="e1" to="e2"/>
    <flow id="carW" type="car" begin="0" end="500" vehsPerHour="1600" departSpeed="max" departLane="random" from="w1" to="w2"/>
    <flow id="lorryE" type="lorry" begin="0" end="500" vehsPerHour="300" departSpeed="max" from="e1" to="e2"/>
    <flow id="lorryW" type="lorry" begin="0" end="500" vehsPerHour="300" departSpeed="max" from="w1" to="w2"/>
</routes>
XML
sumo -n highway.net.xml -r flows.rou.xml --begin 0 --end 501 --step-length 1 --seed 11 --time-to-teleport -1 \
    --no-warnings --no-step-log --fcd-output highway.fcd.xml --fcd-output.attributes x,y,speed --device.fcd.begin 200

# The comments hold the date and the paths of whoever ran this; without them the text is the same everywhere.
python - highway.fcd.xml <<'PY' | gzip -n -9 >"$here/highway.fcd.xml.gz"
import re
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    sys.stdout.write(re.sub(r"<!--.*?-->\s*", "", file.read(), flags=re.DOTALL))
PY
