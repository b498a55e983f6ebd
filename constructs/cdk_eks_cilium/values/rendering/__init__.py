"""What follows from the typed values: chart values, the CNI ConfigMap, the operator's permissions."""
