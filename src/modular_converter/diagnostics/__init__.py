"""What can be said to the user: codes, findings, and their rendering as text and SARIF."""
