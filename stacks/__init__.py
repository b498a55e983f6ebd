"""The deployable units of the app, cut by lifetime: the network outlives its clusters."""
