"""Ratios of our synth to the same resources in plain CDK and to a one-bucket app: ``python -m bench``.

Every contestant is a whole process, as a person starts it. The contestants take turns, A B C A B C,
so that a busy machine slows them all alike. A ratio compares two of the same turn, and the median over
the turns is reported. Seconds differ from machine to machine, ratios rarely. Nothing here is a test:
a slow machine is not a mistake.
"""
