"""Telling people elsewhere: a note on the merge request, a message to a channel, and how long nobody was told."""
