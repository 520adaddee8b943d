"""Downloads of model weights: HTTP, Google Drive, Python packages, imports of local files, licences."""
