"""Training of face parsers on labelled pictures in the layout of the LaPa data set."""
