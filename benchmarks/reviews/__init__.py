"""What was said about pull requests, activity and comments, loaded by the connector and by dlt's `rest_api`."""
