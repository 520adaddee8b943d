"""`face-edit train`: training of the embedded model set on the portrait world and of face parsers; rendered people."""
