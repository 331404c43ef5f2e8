"""pytest fixtures, options and markers for ZK-rollup tests."""
