"""Section III-D, Algorithm 1: proof of QK stake (PoQKS). Level: a module is a rule with ``elect`` and ``settle``."""
