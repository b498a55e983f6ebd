"""Rehearses a deployment on this machine: plays a cloud assembly with CloudFormation's semantics.

`rehearsal.rehearse.rehearse(assembly)` (or `python -m rehearsal DIR`) creates every stack of the assembly,
checks the result and destroys it again. AWS state lives in moto, the Kubernetes API is embedded, and custom
resources run their real code as processes. It shows order, rollback and clean-up, and judges calls by IAM
policies; it does not evaluate network reachability or the boot of a node.

Nothing is loaded here: the command line answers Ctrl-C before it loads anything.
"""
