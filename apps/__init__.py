"""Commands: each module parses arguments, calls the lower packages and prints."""
