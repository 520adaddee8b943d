"""The library: from a photo to edited, blended and pasted portraits, and what measures and trains the nets."""
