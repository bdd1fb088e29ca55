"""Traces read, checked and kept: from whatever file a user brings to the columns that a run replays."""
