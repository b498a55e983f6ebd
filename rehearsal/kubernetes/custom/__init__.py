"""Custom resources: what their CustomResourceDefinition lets in, drops, fills in and refuses."""

# no belief: the parts have theirs
