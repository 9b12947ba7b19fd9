"""Finding: one port, two engines, the users' grammar and the documents that the engines hold."""
