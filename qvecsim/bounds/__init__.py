"""How far from the best a scheme is: exact optima of single slots, where they are proven, and bounds elsewhere.

An optimum of one slot is myopic: spending keys now may starve what comes later. Only the bounds of a whole trace say
something about what any policy can reach.
"""
