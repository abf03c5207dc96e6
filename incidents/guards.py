"""What has to be there before an incident may take a step: each guard returns the blockers it sees."""
