"""Section III with the models that the field accepts instead of (1)-(23). Level: pure functions of arrays.

Signatures outside are those of the other profiles; inside, each file is one subject and names author, year, equation.
"""
