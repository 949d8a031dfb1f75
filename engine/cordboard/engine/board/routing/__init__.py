"""Who gets which conversation: waiting lists, candidates, and the match between them."""
