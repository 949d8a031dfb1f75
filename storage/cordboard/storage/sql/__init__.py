"""What the SQLite store is made of: its statements and migrations, and how a connection runs them."""
