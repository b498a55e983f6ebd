"""What several checks look at, made once for a cluster."""
