"""Checks: The account: EKS, EC2 and the stacks."""
