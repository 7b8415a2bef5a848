"""What somebody gains who alters, exchanges or puts back what is stored: nothing."""
