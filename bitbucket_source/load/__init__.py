"""From declarations and objects to Arrow tables, and from there into dlt."""
