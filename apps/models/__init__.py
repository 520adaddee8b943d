"""`face-edit models`: list, download, verification, import and removal of model sets."""
