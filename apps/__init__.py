"""Commands: each module parses its arguments, calls the packages below and prints."""
