"""`face-edit models`: which model sets there are, which files are here, and how the others get here."""
