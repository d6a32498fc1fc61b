"""Long campaigns, run by hand; a small seed of each runs in the suite."""
