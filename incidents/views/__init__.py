"""The incident pages. Each view is one URL: it reads, calls one action, and answers with a page or a fragment."""
