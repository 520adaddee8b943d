"""What the window is made of. A widget shows what the session says and calls its intentions; it remembers nothing."""
