"""What a rehearsal shows: progress, timeline, end state and verdict."""
