"""Comparing a warehouse with Bitbucket, and mending what differs."""

from bitbucket_source.verification.findings import Difference, Findings, Kind
from bitbucket_source.verification.verify import Depth, Verification, verify

__all__ = ["Depth", "Difference", "Findings", "Kind", "Verification", "verify"]
