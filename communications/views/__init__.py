"""The pages of this app: an incident's updates, my notifications, and the demo's mailbox."""
