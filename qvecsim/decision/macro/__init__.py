"""One macro action for all vehicles, as the paper has it: 2^beta of them, one register, a next state.

=========  ===================================================================
observe    what a network sees of the whole system (24), in [0, 1]
menu       the macro actions, as a product of few choices
place      where each way of placing sends the tasks
expand     from an index to an action (25)
tides      what the price rule knows of each world
bins       the same observation as one of 108 states, for tables
explore    which macro action is taken: the laws of Grover's search
choosing   a network that learns which choice is good, with replay and a next state (32)-(33)
learner    the policy of macro mode
tabular    tables that learn slot by slot (31)
summary    the whole system in a few numbers, whatever its size
heads      efficiency, producer and bandwidth beside the offloads of branch mode
=========  ===================================================================
"""
