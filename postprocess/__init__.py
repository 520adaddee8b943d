"""Blending of edited frames onto the portrait: steps, retouching, and the nets they need."""
