"""Section IV-B and IV-C: the quantum room. Pure functions on arrays; no clock, no random generator, no policy.

How a policy uses it::

    network = Network(Mps(ties, bond_dim=4, features=16), Circuit(qubits=4), outputs=8)
    parameters = network.initial(normals, uniforms)        # a flat mapping of named arrays; draws are handed in
    built = network.build(parameters)                      # once per update: matrices, blocks
    values = network.values(built, inputs)                 # (batch, inputs) in [0, 1] -> (batch, outputs)
    values, trace = network.traced(built, inputs)          # the same, remembering
    gradients = network.gradient(built, trace, of_values)  # a mapping with the names and shapes of the parameters
    choice = select(values, draws, "dong", iterations=1)   # an index for each row, and what finding it took

The arrays may be of NumPy, CuPy or another library of the array API: what comes in decides where it is computed, and
``arrays.module(device)`` which library that is. All axes but the batch belong to one sample. At the border, in
``network`` and ``select``, the batch is the first axis; inside, in ``mps``, ``amplitude`` and ``evolution``, the last.

=================  =====================================================================================
mps                feature map (37)-(39), trainable chain with a label site (40), and its gradient
amplitude          amplitude encoding (41)-(44), and its gradient
vqc                the variational circuit: gates, angles, readout
each               its simulation in any library, a circuit of its own for each sample or one for all
shared             the same in NumPy, fast, one circuit for all; each_buffered: a circuit of its own for each
evolution          which of these is used; gradients
network            all of it in a row; heads: values of actions of several parts
grover             the laws of Grover's search (45)-(50) in closed form; select: actions by these laws
register           the search step by step, as printed and as meant
cost               resources of a decision and of an update
aer                the same circuits in Qiskit; imported by name only, for it takes half a second
=================  =====================================================================================

Two things are said plainly in ``docs/quantum.md``: amplitude encoding without re-uploading makes every value a
quadratic form of the normalised features, and Grover's selection is in law an exploration schedule.
"""
