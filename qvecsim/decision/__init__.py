"""What decides: policies, and the checks that tell their authors what is wrong."""
