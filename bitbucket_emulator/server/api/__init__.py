"""The endpoints of /2.0, one file per family."""
