"""What three ways of loading a workspace hold after the same history of changes."""
