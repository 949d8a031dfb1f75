"""Automated messages: which event tells a customer what, in which words, and when they are told nothing."""
