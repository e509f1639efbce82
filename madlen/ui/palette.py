"""The colours of charts, which can be told from each other, and from a light and a dark page."""

ACCENT = "#23917f"
WARM = "#bf7d1c"
QUIET = "#868d88"
