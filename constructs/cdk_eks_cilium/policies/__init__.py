"""Policies as constructs: one policy, the set that reaches the cluster, and the tenant's namespace."""
