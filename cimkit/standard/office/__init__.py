"""Tables as offices write them: titles, merged cells, footnotes, any encoding."""
