"""What has to be asked now: cursors, a strategy per family of tables, the engine that runs them. Knows no HTTP."""
