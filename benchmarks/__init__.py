"""How fast and how small: the connector beside dlt's `rest_api`, DuckDB's `read_json` and what the wire alone costs."""
