"""Running work elsewhere: worker processes that may crash, hang or outgrow their memory."""

from cimkit.runtime.workers import WorkerFailure, run

__all__ = ["WorkerFailure", "run"]
