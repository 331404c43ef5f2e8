"""JSON-RPC over the engine: one table of methods, whatever carries the requests. Executes nothing itself."""
