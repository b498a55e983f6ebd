"""CloudFormation's semantics: stacks are created, updated and deleted in the order of their templates."""
