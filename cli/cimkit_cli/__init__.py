"""The command line of cimkit."""
