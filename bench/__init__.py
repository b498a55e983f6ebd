"""Ratios of our synth to the same resources in plain CDK and to a one-bucket app: ``python -m bench``.

Every contestant is a whole process, as a person starts it. The contestants take turns, A B C A B C, so that
a busy machine slows all of them. A ratio compares two contestants within a turn, and the report has the
median over the turns. Seconds differ from machine to machine, ratios only a little. Nothing here is a test,
because a slow machine is not a fault.
"""
