"""Section III as pure functions of NumPy arrays: equations, profiles of them, and one slot through all."""
