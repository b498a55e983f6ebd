"""AWS on this machine: moto, what moto lacks, and what each resource type does there."""

from rehearsal.aws.environment import Environment
from rehearsal.aws.moto import Cloud, Credentials

__all__ = ["Cloud", "Credentials", "Environment"]
