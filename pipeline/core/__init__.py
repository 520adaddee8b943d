"""What every package shares: data types, errors, files, images, attributes, declared weights."""
