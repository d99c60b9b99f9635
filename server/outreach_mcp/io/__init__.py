"""The ways in and out of this process: HTTP, streams, files, threads, JSON."""
