"""A decision for every vehicle: estimates, prices, sequential batches, and a learner on top of them.

=========  ===================================================================
batches    who decides together, and in which order
estimate   what each option of a task promises, given what was booked before
prices     what it costs the others; moving averages of what comes
cheapest   the price rule: batch after batch takes the cheapest option
features   what a network sees of it, in [0, 1]
networks   what a learner asks of a network; a linear one and an MLP
explore    which option is taken: the law of one phase-matched Grover turn
credit     what a decision has cost itself and others, by hindsight
hindsight  from decisions and steps to examples
learner    the policy that ties them together
=========  ===================================================================
"""
