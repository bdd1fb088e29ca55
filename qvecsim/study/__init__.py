"""Many runs: a plan to run ids, local workers or a cluster, what is whole and what must be redone, and comparisons.

``entries``    a plan to its runs, each with its key and its id
``work``       what a worker does: one run
``workers``    processes of this machine, one run each at a time
``cluster``    Dask, which is imported here only
``whole``      which runs are there, whole
``trainings``  runs that are trainings
``batch``      all of them, and the study's index
``many``       plans of plans
``figures``    the figure behind a plan; ``frames`` its files, ``picture`` its picture
``compare``    differences between schemes over common replications
``intervals``  what is known about a mean of few numbers
"""
