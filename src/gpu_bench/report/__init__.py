"""The page, the summary for a pull request, and the export of results that were measured."""
