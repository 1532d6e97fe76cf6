"""The table contract: its declarations, and that real answers of Bitbucket come through it unharmed."""
