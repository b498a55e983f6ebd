"""Who reaches whom in the deployed network, which address the other side sees, and which rule stops whom.

`traffic`, `network`, `filters`, `routing`, `walk` and `paths` are a plain model of AWS's network, and
`parties` says who is in it. `questions` asks what a cluster needs and what people want to know, and `table`
and `picture` show the answers. They know neither AWS's API nor the deployment: `reading` and `deployed` fill
the model from those, and `asking` does it all.
"""
