"""The outcome as text, JSON, SARIF and JUnit."""
