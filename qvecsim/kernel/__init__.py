"""The SimPy shell around the pure models: it knows when, and it alone changes the State."""
