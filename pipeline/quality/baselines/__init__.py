"""Published methods that the benchmark of edits compares with, each on the same latents."""
