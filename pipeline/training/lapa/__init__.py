"""Training of small face parsers on the LaPa data set or rendered portraits."""
