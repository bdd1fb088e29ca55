"""What an answer is called."""

OPTIMAL = "optimal"  # the lower bound meets a choice that was evaluated: proven
TARGETS = "optimal targets"  # the same, of all targets, with the settings that the scheme had
BOUND = "bound"  # the optimum lies between the lower and the upper; which of them it is near to nobody knows
NONE = "none"  # nothing is proven
