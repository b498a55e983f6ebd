"""Sources of readings: a live cluster, a dump, and AWS."""
