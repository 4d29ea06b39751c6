"""Where report files go: one sink, chosen by the URI of the folder of reports."""

from jobs.sinks.base import Sink
from jobs.sinks.choice import report_place, sink_for

__all__ = ["Sink", "report_place", "sink_for"]
