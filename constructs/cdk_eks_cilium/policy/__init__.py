"""Cilium's network policies in plain Python: types, YAML, meaning, conversion, checks and a picture."""
