"""``cimkit decide``."""

from __future__ import annotations

from pathlib import Path

import click

from cimkit_cli import options


@click.command("decide")
@click.argument("object", metavar="[OBJECT]", required=False)
@click.argument("class_code", metavar="[CLASS]", required=False)
@click.option("--because", metavar="TEXT", default="", help="Why, in a sentence.")
@click.option("--level", metavar="L", help="Level too; else the rules say it.")
@click.option("--scheme", metavar="S", help="Scheme of the class (default: the primary one).")
@click.option("--withdraw", "back", is_flag=True, help="Take the decision on OBJECT back.")
@click.option(
    "--from",
    "table",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.csv",
    help="Many at once: columns object, class, reason, and if wished level, scheme.",
)
@click.option("--author", help="Who decides (default: the user of this machine).")
@click.option("-m", "--message", help="For the log; default: the reason.")
@options.as_json
@click.pass_obj
def command(
    folder: Path | None,
    object: str | None,
    class_code: str | None,
    because: str,
    level: str | None,
    scheme: str | None,
    back: bool,
    table: Path | None,
    author: str | None,
    message: str | None,
    as_json: bool,
) -> None:
    """Give OBJECT (object id, identifier code or source key) the class that you know it has.

    CLASS - says that no class is due. A decision outranks the rules, and stays with the object
    when it is delivered again.
    """
    from cimkit.catalog import Decision, decide, find, read_decisions, withdraw
    from cimkit_cli.printing import document

    if table is not None:
        if object or back:
            raise click.UsageError("--from stands alone, without OBJECT and --withdraw.")
        if level or scheme:
            raise click.UsageError("With --from, level and scheme are columns of the file.")
        said = read_decisions(table, reason=because)
        done = decide(find(folder), said, author=author, message=message)
    elif back:
        if object is None or class_code is not None:
            raise click.UsageError("--withdraw wants OBJECT, and no CLASS.")
        done = withdraw(find(folder), [object], scheme=scheme, author=author, message=message)
    else:
        if object is None or class_code is None:
            raise click.UsageError("Say OBJECT and CLASS, or --from FILE.csv.")
        one = Decision(object, class_code, because, level, scheme)
        done = decide(find(folder), [one], author=author, message=message)
    if as_json:
        document(done.to_json())
    else:
        click.echo(done.to_text())
