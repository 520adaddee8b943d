"""Downloads of model weights: HTTP, Google Drive, imports of local files, licences."""
