"""Comparing a warehouse with Bitbucket, and mending what differs."""

from bitbucket_source.verification.findings import Difference, Findings, Kind
from bitbucket_source.verification.verify import ROWS_SAMPLED, Depth, Verification, verify

__all__ = ["ROWS_SAMPLED", "Depth", "Difference", "Findings", "Kind", "Verification", "verify"]
