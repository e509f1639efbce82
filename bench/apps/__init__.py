"""Pages that Madlen is measured beside."""
