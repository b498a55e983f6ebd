"""Ratios of our synth to the same resources in plain CDK and to a one-bucket app: ``python -m bench``.

Every contestant is a whole process, as a person starts it. The contestants take turns, A B C A B C,
so that a busy machine slows them all alike, and the ratios are those of medians. Seconds differ from
machine to machine; ratios hardly do. Nothing here is a test: a slow machine is no mistake.
"""
