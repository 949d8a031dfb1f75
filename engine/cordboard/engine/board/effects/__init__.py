"""What each event does to the state, by what it is about. Only `cordboard.engine.board.evolve` comes here."""
