"""The explorer: GraphiQL in a browser, served by the gateway itself."""
