"""Key management between the fibre and those who need keys: pools and their ages, trusted relays, delivery."""
