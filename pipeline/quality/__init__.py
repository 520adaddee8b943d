"""`bench`: measurements against the ground truth of rendered portraits, and timings."""
