"""What a sync will cost, in requests and hours, before it is made. Reads, and writes nothing."""

from bitbucket_source.planning.figures import Figure
from bitbucket_source.planning.plan import Line, Plan
from bitbucket_source.planning.planner import Stored, make_plan

__all__ = ["Figure", "Line", "Plan", "Stored", "make_plan"]
