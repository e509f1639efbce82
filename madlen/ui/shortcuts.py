"""Keys that do the same wherever it can be done. Streamlit keeps C and R for itself.

Those without Ctrl or Alt do nothing while one types, but for Esc.
"""

from __future__ import annotations

NEW = "Alt+N"
SEARCH = "Ctrl+K"
AGAIN = "Alt+G"
STOP = "Esc"
HELP = "H"
NEXT = "N"
