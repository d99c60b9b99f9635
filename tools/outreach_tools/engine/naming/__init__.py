"""Records by what people call them: which names there are, whom one means, and what is said where that is not clear."""
