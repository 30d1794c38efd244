"""Classes in terms of another scheme, in SQL: what the table ``crosswalk`` says, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

__all__ = ["MACROS", "TABLE_MACROS", "make"]

MACROS = ("translate_class", "translations")
"""Names of the scalar macros."""
TABLE_MACROS = ("objects_as",)
"""Names of the table macros."""

# A translation is a class that all objects of the first class belong to: exact, close or broad.
# Of a narrower class that is not known, so it is listed by `translations` and never chosen.
_SQL = """
CREATE VIEW translations_ AS
    WITH said AS (
        FROM crosswalk WHERE from_code <> '-' AND to_code <> '-'
    ), both_ways AS (
        SELECT from_scheme, from_code, to_scheme, to_code, relation, confidence, via, source
        FROM said
        UNION ALL
        SELECT to_scheme, to_code, from_scheme, from_code,
            CASE relation WHEN 'broad' THEN 'narrow' WHEN 'narrow' THEN 'broad' ELSE relation END,
            confidence, via, source
        FROM said
    )
    SELECT *, list_position(['exact', 'close', 'broad', 'narrow', 'related'], relation) AS rank_
    FROM both_ways
    QUALIFY row_number() OVER (
        PARTITION BY from_scheme, from_code, to_scheme, to_code
        ORDER BY rank_, confidence DESC NULLS LAST, source) = 1;
CREATE VIEW best_translations_ AS
    SELECT * EXCLUDE (rank_),
        count(*) OVER (PARTITION BY from_scheme, from_code, to_scheme, rank_) AS candidates
    FROM translations_ WHERE rank_ <= 3
    QUALIFY row_number() OVER (
        PARTITION BY from_scheme, from_code, to_scheme
        ORDER BY rank_, confidence DESC NULLS LAST, to_code) = 1;
CREATE MACRO translate_class(of_scheme_, of_code_, other_scheme_) AS
    CASE WHEN of_scheme_ = other_scheme_ THEN of_code_ ELSE (
        SELECT b.to_code FROM best_translations_ b
        WHERE b.from_scheme = of_scheme_ AND b.from_code = of_code_
            AND b.to_scheme = other_scheme_)
    END;
CREATE MACRO translations(of_scheme_, of_code_, other_scheme_) AS (
    SELECT list({'code': t.to_code, 'relation': t.relation, 'confidence': t.confidence,
            'via': t.via, 'source': t.source}
        ORDER BY t.rank_, t.confidence DESC NULLS LAST, t.to_code)
    FROM translations_ t
    WHERE t.from_scheme = of_scheme_ AND t.from_code = of_code_ AND t.to_scheme = other_scheme_);
CREATE MACRO objects_as(other_scheme_) AS TABLE
    WITH used_ AS (
        SELECT DISTINCT scheme, class_code FROM classifications WHERE class_code IS NOT NULL
    ), known_ AS (
        SELECT u.scheme, u.class_code,
            CASE WHEN u.scheme = other_scheme_ THEN u.class_code ELSE b.to_code END AS code,
            CASE WHEN u.scheme = other_scheme_ THEN 'same' ELSE b.relation END AS relation,
            b.via, b.candidates,
            CASE WHEN u.scheme = other_scheme_ THEN 0
                ELSE list_position(['exact', 'close', 'broad'], b.relation) END AS rank_,
            coalesce(b.confidence, 1) AS sure_
        FROM used_ u LEFT JOIN best_translations_ b ON b.from_scheme = u.scheme
            AND b.from_code = u.class_code AND b.to_scheme = other_scheme_
        WHERE u.scheme = other_scheme_ OR b.to_code IS NOT NULL
    ), of_object_ AS (
        SELECT c.object_id, arg_min(
            {'code': k.code, 'relation': k.relation, 'via': k.via, 'candidates': k.candidates},
            {'rank_': k.rank_, 'sure_': -k.sure_, 'code': k.code}) AS said
        FROM classifications c JOIN known_ k USING (scheme, class_code) GROUP BY c.object_id
    )
    SELECT o.*, t.said.code AS other_code, t.said.relation AS other_relation,
        t.said.via AS other_via, t.said.candidates AS other_candidates
    FROM objects o LEFT JOIN of_object_ t USING (object_id);
"""


def make(con: duckdb.DuckDBPyConnection) -> None:
    """Make the views and macros in the connection's own database, over the lake's views."""
    con.execute(_SQL)
