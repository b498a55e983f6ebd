"""What must hold between the typed values, the raw ones, the version and what they refer to."""
