"""Resource handlers: what creating, updating and deleting each CloudFormation type does here."""
