"""Episodes of training: several worlds in step, one learner, and a folder that keeps what was learned.

========  ==================================================================================
course    what a training is: episodes, rounds, the seeds of worlds that no run ever meets
lesson    several worlds driven in step by one policy
diary     the tables ``training`` and ``evaluation``
folder    what lies on disk: before the end a state to go on from, then a policy
train     the one function behind ``qvecsim train`` and ``qvecsim.train``
========  ==================================================================================
"""
