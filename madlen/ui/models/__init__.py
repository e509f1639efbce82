"""The catalogue of models as a page shows it."""
