"""`face-edit bench`: how good and how fast, measured against the portrait world's ground truth."""
