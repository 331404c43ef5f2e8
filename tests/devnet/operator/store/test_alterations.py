"""Whatever is altered in a store by hand or by accident is noticed: every cell, row, table and bit."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tests.devnet.operator.store.working import batches, fresh, load, opened, with_everything

from zkrollup.operator.store import BrokenStore, OperatorStore, changes
from zkrollup.operator.store.database import Database
from zkrollup.operator.store.schema import KEYS, SCHEMA

many = settings(deadline=None, max_examples=150)


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The bytes of a store with rows in every table, and its rows."""
    file = tmp_path_factory.mktemp("store") / "operator.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "SNAPSHOT_INTERVAL", 4)
        with closing(OperatorStore(file)) as store:
            life = opened(store)
            batches(life, 5)
            with_everything(life)
    with closing(Database(file)) as database:
        rows = database.read()
    assert all(rows[table] for table in KEYS)
    return file.read_bytes(), rows


@pytest.fixture(scope="module")
def rows(content):
    return content[1]


@pytest.fixture(scope="module")
def file(content, tmp_path_factory):
    """A path that ``altered`` writes a whole store to, again and again."""
    return tmp_path_factory.mktemp("altered") / "operator.sqlite"


def altered(file, content, *statements):
    """A store after some SQL; an alteration that SQLite itself refuses is none."""
    file.write_bytes(content[0])
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        try:
            for statement, *values in statements:
                connection.execute(statement, values)
        except (sqlite3.IntegrityError, OverflowError):
            assume(False)


def assert_broken(file, table):
    with pytest.raises(BrokenStore) as refusal, closing(OperatorStore(file)) as store:
        store.load(fresh())
    assert (refusal.value.path, refusal.value.table) == (file, table)
    assert str(file) in str(refusal.value)
    assert f"table {table}" in str(refusal.value)


def columns_of(table):
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA)
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


TABLES = (*KEYS, "checksum")
COLUMNS = {table: columns_of(table) for table in TABLES}
VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=40).filter(lambda text: "\0" not in text and text.isprintable()),
    st.binary(max_size=40),
)


@st.composite
def cells(draw):
    """A table, a number that picks a row, a column, and how its value becomes another."""
    table = draw(st.sampled_from(TABLES))
    return table, draw(st.integers(0, 99)), draw(st.sampled_from(COLUMNS[table]))


def picked(file, content, table, row):
    """The condition that names a row, and its values."""
    file.write_bytes(content[0])
    with closing(sqlite3.connect(file)) as connection:
        keys = KEYS.get(table, ("name",))
        found = connection.execute(f"SELECT {', '.join(keys)} FROM {table}").fetchall()
    return " AND ".join(f"{key} = ?" for key in keys), found[row % len(found)]


@given(cells(), VALUES)
@example(("memory", 0, "value"), "null")
@example(("settled", 1, "seconds"), 0.5)
@example(("checksum", 2, "count"), 0)
@many
def test_a_cell_that_is_changed_is_noticed(file, content, cell, value):
    table, row, column = cell
    where, key = picked(file, content, table, row)
    same = f"SELECT 1 FROM {table} WHERE {where} AND {column} IS ?"
    altered(file, content, (f"UPDATE OR FAIL {table} SET {column} = ? WHERE {where}", value, *key))
    with closing(sqlite3.connect(f"file:{unchanged(file, content)}?mode=ro", uri=True)) as connection:
        assume(not connection.execute(same, (*key, value)).fetchall())
    assert_broken(file, named(table, content, file))


def unchanged(file, content):
    other = file.with_name("unchanged.sqlite")
    other.write_bytes(content[0])
    return other


def named(table, content, file):
    """A changed checksum accuses the table that it is of, unless it accuses none."""
    if table != "checksum":
        return table
    was, now = ({r[0]: r[1:] for r in checksums(path)} for path in (unchanged(file, content), file))
    if was.keys() != now.keys():
        return "checksum"
    return next(name for name in KEYS if was[name] != now[name])


def checksums(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT name, digest, count FROM checksum").fetchall()


@pytest.mark.parametrize("digest", ["CAST(x'0000' || digest AS BLOB)", "x''", "substr(digest, 2)"])
@pytest.mark.parametrize("table", sorted(KEYS))
def test_a_checksum_of_another_length_is_noticed(file, content, table, digest):
    altered(file, content, (f"UPDATE checksum SET digest = {digest} WHERE name = ?", table))
    assert_broken(file, table)


@given(st.sampled_from(TABLES), st.integers(0, 99))
@many
def test_a_row_that_is_deleted_is_noticed(file, content, table, row):
    where, key = picked(file, content, table, row)
    altered(file, content, (f"DELETE FROM {table} WHERE {where}", *key))
    assert_broken(file, table)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_that_is_added_or_duplicated_under_another_key_is_noticed(file, content, table):
    first, *rest = COLUMNS[table]
    other = f"'other' || {first}" if table in ("memory", "checksum") else f"1000 + {first}"
    row = f"SELECT {', '.join([other, *rest])} FROM {table} LIMIT 1"
    altered(file, content, (f"INSERT INTO {table} {row}",))
    assert_broken(file, table)


@pytest.mark.parametrize("table", [table for table in KEYS if table not in ("evicted",)])
def test_two_rows_that_are_swapped_are_noticed(file, content, rows, table):
    width = len(KEYS[table])
    one, two = rows[table][0], next(row for row in rows[table] if row[width:] != rows[table][0][width:])
    where = " AND ".join(f"{key} = ?" for key in KEYS[table])
    setting = ", ".join(f"{column} = ?" for column in COLUMNS[table][width:])
    swap = f"UPDATE {table} SET {setting} WHERE {where}"
    altered(file, content, (swap, *two[width:], *one[:width]), (swap, *one[width:], *two[:width]))
    assert_broken(file, table)


@pytest.mark.parametrize("table", KEYS)
def test_a_table_that_is_emptied_is_noticed(file, content, table):
    altered(file, content, (f"DELETE FROM {table}",))
    assert_broken(file, table)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE {}",
        "ALTER TABLE {} ADD COLUMN more TEXT",
        "CREATE TABLE {}_copy AS SELECT * FROM {}",
        "CREATE TRIGGER {}_gone AFTER INSERT ON {} BEGIN DELETE FROM memory; END",
        "CREATE VIEW {}_seen AS SELECT * FROM {}",
    ],
    ids=["dropped", "widened", "copied", "with a trigger", "with a view"],
)
def test_a_schema_that_is_changed_is_noticed(file, content, table, change):
    altered(file, content, (change.replace("{}", table),))
    with pytest.raises(BrokenStore, match=r"its definition (is missing|was changed|was added)") as refusal:
        OperatorStore(file)
    assert refusal.value.table.startswith(table)


def test_an_index_that_is_added_is_noticed(file, content):
    altered(file, content, ("CREATE INDEX quick ON batch (header)",))
    assert_broken(file, "quick")


@given(st.data())
@settings(deadline=None, max_examples=400)
def test_a_flipped_bit_is_noticed_or_without_effect(file, content, rows, data):
    whole = content[0]
    position = data.draw(st.one_of(st.integers(0, 99), st.integers(0, len(whole) - 1)))
    flipped = bytearray(whole)
    flipped[position] ^= 1 << data.draw(st.integers(0, 7))
    file.write_bytes(flipped)
    assert_broken_or_the_same(file, rows)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"PRIMARY", b"PRI\xb9ARY"),  # SQLite's message about it is no UTF-8
        (b"CREATE TABLE memory", b"CREATE TA\xc3LE memory"),
        (b"tablememory", b"tablem\xffmory"),
        (b"mocked", b"mo\xffked"),
    ],
)
def test_text_that_is_no_text_any_more_is_noticed(file, content, old, new):
    assert old in content[0]
    file.write_bytes(content[0].replace(old, new, 1))
    with pytest.raises(BrokenStore):
        read(file)


@given(st.data())
@settings(deadline=None, max_examples=100)
def test_a_truncated_file_is_noticed(file, content, rows, data):
    whole = content[0]
    length = data.draw(
        st.one_of(st.sampled_from([0, 1, 100, 512, 4096, 8192]), st.integers(0, len(whole) - 1))
    )
    file.write_bytes(whole[:length])
    with pytest.raises(BrokenStore) as refusal:
        read(file)
    assert refusal.value.path == file


def assert_broken_or_the_same(file, rows):
    """Free pages and unused bytes of a page hold nothing."""
    try:
        found = read(file)
    except BrokenStore:
        return
    assert found == rows


def read(file):
    file.with_name(f"{file.name}-journal").unlink(missing_ok=True)
    with closing(Database(file)) as database:
        return database.read()


@pytest.mark.parametrize(
    "statement", ["VACUUM", "REINDEX", "PRAGMA journal_mode = WAL", "PRAGMA journal_mode = PERSIST"]
)
def test_what_changes_no_row_has_no_effect(file, content, rows, statement):
    altered(file, content, (statement,))
    assert read(file) == rows


def test_an_empty_file_is_no_new_store(tmp_path):
    file = tmp_path / "operator.sqlite"
    file.touch()
    with pytest.raises(BrokenStore, match="empty"):
        OperatorStore(file)


def test_a_journal_that_was_left_by_others_changes_nothing(file, content, rows):
    file.write_bytes(content[0])
    file.with_name(f"{file.name}-journal").write_bytes(content[0][:700])
    with closing(Database(file)) as database:
        assert database.read() == rows


# By somebody who computes the checksum anew: the ledger's rules still hold


@pytest.mark.parametrize(
    ("table", "column", "old", "new", "why"),
    [
        ("batch", "signed", ",107,", ",108,", "operation|root|evaluation|commitment"),
        ("batch", "queued", '"deposit",1,', '"deposit",2,', "root|commitment|operation"),
        ("batch", "header", "[", "[1", "does not follow"),
        ("pool", "operation", "[", "[[", "written"),
        ("proof", "proof", "{", "[", "not JSON"),
        ("memory", "value", "[", "{", "written"),
        ("settled", "origin", "mock", "magic", "written"),
        ("account", "fields", "[", "[1", "root"),
        ("batch", "exits", "[[", "[[[", "written"),
    ],
)
def test_a_forged_row_that_does_not_fit_is_refused(
    file, content, rows, monkeypatch, table, column, old, new, why
):
    monkeypatch.setattr(changes, "SNAPSHOT_INTERVAL", 4)
    file.write_bytes(content[0])
    place, width = COLUMNS[table].index(column), len(KEYS[table])
    row = next(row for row in reversed(rows[table]) if old in row[place])
    forged = (*row[:place], row[place].replace(old, new, 1), *row[place + 1 :])
    with closing(Database(file)) as database:
        database.write([changes.Change(table, forged[:width], forged[width:])])
    with pytest.raises(BrokenStore, match=why) as refusal:
        load(file)
    assert refusal.value.path == file


@pytest.mark.parametrize("number", [2, 7])
def test_a_batch_that_is_missing_is_noticed_by_its_numbers_too(file, content, monkeypatch, number):
    monkeypatch.setattr(changes, "SNAPSHOT_INTERVAL", 4)
    file.write_bytes(content[0])
    with closing(Database(file)) as database:
        database.write([changes.Change("batch", (number,), None)])
    with pytest.raises(BrokenStore, match="does not follow") as refusal:
        load(file)
    assert refusal.value.table == "batch"
