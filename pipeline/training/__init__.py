"""Training of the embedded nets on rendered portraits."""
