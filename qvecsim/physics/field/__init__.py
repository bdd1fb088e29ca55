"""Section III by the accepted models of the field, with the same seams. Level: as in ``physics.paper``."""
