"""The demo: the fictional city of Linjiang, a district of any size, with planted defects."""

from cimkit.demo.delivery import DemoReport, generate

__all__ = ["DemoReport", "generate"]
