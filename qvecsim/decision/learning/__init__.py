"""Section IV-A: the pure parts of learners. Parameters and gradients are flat mappings of named arrays.

Nothing here draws, keeps a clock or knows a network: draws are handed in, and what changes comes back new, but for
the ``Replay``, which is a store. The arrays may be of NumPy, CuPy or another library of the array API.

========  ============================================================
bellman   returns and values of a known or sampled process (26)-(31)
targets   double-DQN targets (32), the Huber loss (33)
adam      one step down the gradient, a rate for each block; averages
replay    what was seen, and a sample of it
saved     what was learned, on disk, with its SHA-256
========  ============================================================
"""
