"""The parts of the HTML report: what is embedded, and the page that shows it."""
