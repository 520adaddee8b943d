"""From a portrait and edit requests to finished frames: selection, inversion, rendering, preview."""
