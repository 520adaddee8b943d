"""`face-edit bench`: quality against the ground truth of rendered people, and speed."""
