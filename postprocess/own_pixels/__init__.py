"""Edits on the pixels of a portrait itself, not of a rendering: motions, beards, colours."""
