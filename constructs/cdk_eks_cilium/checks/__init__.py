"""What a finished template must fulfil: the rules, the graph they read, and the plugin that runs them.

Everything except `plugin` and `acknowledgements` is plain Python, to read templates without CDK.
"""
