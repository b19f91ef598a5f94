"""What others' tools wrote (logs, lists, exports), read into results; nothing is run or asked."""
