"""What `make bench` runs: Tresor against a bare Flask app, on the same server in the same run."""
