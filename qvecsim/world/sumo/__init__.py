"""What comes from SUMO beside traces: networks, stops, and the program itself."""
