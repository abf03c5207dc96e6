"""The pages of this app: the page link, the incident's paging panel, who is on call, the reviews."""
