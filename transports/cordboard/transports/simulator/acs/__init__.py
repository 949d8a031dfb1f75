"""The wire of Azure Communication Services: its REST API as its SDK calls it, and the events of its Event Grid."""
