"""`face-edit train`: training of the embedded nets on rendered people and of face parsers; the people."""
