"""From consented therapy-session transcripts to a research database of alliance ruptures and repairs."""

__version__ = "0.1.0"
