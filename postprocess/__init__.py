"""Blending of edited frames onto the portrait: steps, retouching, and their nets."""
