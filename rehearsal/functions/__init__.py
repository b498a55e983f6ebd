"""Lambda functions: their real code as processes, and the custom resources behind them."""
