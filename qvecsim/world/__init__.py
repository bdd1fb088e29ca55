"""What the vehicles meet: the trace that moves them, the map, the radio channel, the fibre."""
