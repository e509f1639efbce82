"""The specification of Madlen: the name of each test is a sentence about it."""
