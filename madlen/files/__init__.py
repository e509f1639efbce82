"""Chats and comparisons as files: written for people and for programs, and read from several sources."""
