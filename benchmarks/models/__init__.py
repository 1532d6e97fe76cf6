"""How long the SQL models take over a large warehouse, built whole and after one day's changes."""
