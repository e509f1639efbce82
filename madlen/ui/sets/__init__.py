"""Prompt sets and their runs, as the page draws them."""
