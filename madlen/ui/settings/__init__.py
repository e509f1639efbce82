"""What a running Madlen says of itself."""
