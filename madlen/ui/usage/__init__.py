"""What the usage page is made of: today's limits, plots and tables."""
