"""`face-edit bench`: quality against the portrait world's ground truth, and speed."""
