"""What the Traces page is made of."""
