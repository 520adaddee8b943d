"""Restoring the faces of a folder of photographs: found, repainted by a net, and put back where they were."""
