"""What the typed values become: chart values, the CNI ConfigMap, the operator's permissions."""
