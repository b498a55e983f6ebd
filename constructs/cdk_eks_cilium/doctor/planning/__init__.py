"""What settings and templates want of a cluster, as a plan for the engine."""
