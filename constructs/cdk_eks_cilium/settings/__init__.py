"""The typed form of `settings.yaml`: one environment, checked as a whole."""
