"""What the environment and the command line say: read, held against each other, told in one line where it is wrong."""
