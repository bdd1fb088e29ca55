"""Section III with the least corrections that make (1)-(23) mean what the text says. Level: as in ``physics.paper``.

What is right in print is imported, not copied; what is not has the same name and signature here.
"""
