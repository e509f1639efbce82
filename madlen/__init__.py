"""Madlen AI Chat: ask AI models, compare their answers, keep and trace them."""
