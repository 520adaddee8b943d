"""`face-edit directions`: finds the translations of a model set, measures them again, takes over those of others."""
