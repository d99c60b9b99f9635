"""Jobs: plans that are kept, and how they are carried out whatever becomes of the call, the client and the process."""
