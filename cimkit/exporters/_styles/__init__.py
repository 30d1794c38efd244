"""How a map looks: classes, colours and legends, and the languages that say it."""
