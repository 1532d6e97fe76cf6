"""How Bitbucket is asked: requests, credentials, budget, retries, pages, errors. Knows no table and no dlt."""
