"""What is wrong with a package, found without an object."""
