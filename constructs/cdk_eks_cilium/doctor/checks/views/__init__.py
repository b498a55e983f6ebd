"""What several checks look at: indexes over readings, made once. Nothing here is a check."""
