"""Measurements behind the README's figures; never a test."""
