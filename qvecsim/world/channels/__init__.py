"""Measured radio channels in parts: path loss, line of sight, shadowing, fading. Level: arrays, no state."""
