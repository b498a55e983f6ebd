"""What the commands that run checks share: options, the choice of checks, progress, and the answer."""
