"""Settings of the documentation site, as Sphinx reads them."""

project = "rules_transformers"
author = "The rules_transformers authors"
project_copyright = author

extensions = ["myst_parser"]
exclude_patterns = ["commands", "generator"]

# A link to a heading that is not there is an error, like every warning.
nitpicky = True
myst_heading_anchors = 4
myst_links_external_new_tab = False

html_theme = "furo"
html_title = "rules_transformers"
html_copy_source = False
html_show_sourcelink = False
# The same sources give the same pages, on any day.
html_last_updated_fmt = None
# Everything is on the site itself: no fonts, scripts or styles of other hosts.
html_theme_options: dict[str, list[str]] = {"footer_icons": []}
html_static_path = ["_static"]
html_css_files = ["site.css"]
pygments_style = "friendly"
pygments_dark_style = "monokai"
