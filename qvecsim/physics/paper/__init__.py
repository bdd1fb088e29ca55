"""Section III: equations (1)-(23) as printed. Level: numbers in, numbers out; no equation calls another.

Arguments may be floats or arrays that broadcast; a float in gives a float out. Nothing is clipped here: values outside
an equation's domain come out as they are, for the guards to see.
"""
