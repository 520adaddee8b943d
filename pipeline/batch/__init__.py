"""What every command over a folder shares: inputs, folder and lock, manifest, I/O queue, runner."""
