"""The gate of a deploy: a stack is done only when these checks pass. Standard library alone."""
