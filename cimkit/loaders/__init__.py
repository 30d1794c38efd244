"""Reading what was delivered. One public module per format is one loader."""
