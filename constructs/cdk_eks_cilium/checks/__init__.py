"""What must hold of a finished template: the rules, the graph they read, and the plugin that runs them.

Everything but `plugin` and `acknowledgements` is plain Python, for whoever reads templates without CDK.
"""
