"""Faults injected into real Madlen processes, and what each of them cost. Run it as a module."""
