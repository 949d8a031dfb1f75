"""Operating hours as iCalendar (RFC 5545): written for other calendars, and read from theirs."""
