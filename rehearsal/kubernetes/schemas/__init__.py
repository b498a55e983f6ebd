"""What the API server knows of its types: their schemas, how it decodes into them, and their defaults."""

# no belief: the parts have theirs
