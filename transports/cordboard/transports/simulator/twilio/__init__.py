"""Twilio's wire: its REST API as its SDK calls it, and its signed calls of our webhooks."""
