"""What Bitbucket says, read in full and in the simplest way there is, to compare a warehouse with.

Nothing in here knows the connector: what it shares with it is the documentation of the tables, `docs/tables.md`.
"""
