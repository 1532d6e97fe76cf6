"""Anything may happen in Bitbucket, at any time: a state machine looks for the order of events that loses a row."""
