"""`face-edit train`: makes the embedded model set from nothing but the portrait world."""
