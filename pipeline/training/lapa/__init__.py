"""Training of face parsers for phones on the LaPa data set or rendered portraits."""
