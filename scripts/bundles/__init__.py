"""Makes what clients install the server from: bundles, plugins, links, an entry of the registry. None is installed."""
