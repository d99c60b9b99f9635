"""The four reports: what sequences bring, what people do, what is in the pipeline, and who waits for an answer."""
