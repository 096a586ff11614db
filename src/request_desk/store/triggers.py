"""What each engine says in its own words: overlap, append-only, counters and full-text search; the tables are in `schema`."""

BLOCKING = "status IN ('held', 'confirmed')"
_OVERLAP = """
BEGIN
  SELECT RAISE(ABORT, 'ex_appointment_overlap') WHERE EXISTS (
    SELECT 1 FROM appointment WHERE provider_id = NEW.provider_id AND lane = NEW.lane AND chain_id <> NEW.chain_id
      AND id <> NEW.id AND status IN ('held', 'confirmed')
      AND blocks_from < NEW.blocks_until AND blocks_from > NEW.blocks_from - 43200000000 AND blocks_until > NEW.blocks_from);
END"""

SQLITE_DDL: tuple[str, ...] = (
    (f"CREATE TRIGGER appointment_overlap_insert BEFORE INSERT ON appointment WHEN NEW.{BLOCKING}{_OVERLAP}"),
    (
        "CREATE TRIGGER appointment_overlap_update BEFORE UPDATE OF provider_id, lane, chain_id, status, blocks_from, blocks_until"
        f" ON appointment WHEN NEW.{BLOCKING}{_OVERLAP}"
    ),
    (
        "CREATE TRIGGER appointment_no_delete BEFORE DELETE ON appointment"
        " BEGIN SELECT RAISE(ABORT, 'appointments are never deleted'); END"
    ),
    (
        "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    ),
    (
        "CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    ),
    (
        "CREATE TRIGGER request_open_insert AFTER INSERT ON request WHEN NEW.state = 'open' BEGIN"
        " INSERT INTO open_count (target_id, count) VALUES (NEW.target_id, 1)"
        " ON CONFLICT (target_id) DO UPDATE SET count = count + 1; END"
    ),
    (
        "CREATE TRIGGER request_open_update AFTER UPDATE OF state, target_id ON request"
        " WHEN OLD.state <> NEW.state OR OLD.target_id <> NEW.target_id BEGIN"
        " UPDATE open_count SET count = count - 1 WHERE target_id = OLD.target_id AND OLD.state = 'open';"
        " INSERT INTO open_count (target_id, count) SELECT NEW.target_id, 1 WHERE NEW.state = 'open'"
        " ON CONFLICT (target_id) DO UPDATE SET count = count + 1; END"
    ),
    # Written by services/search_index: with trusted_schema off no trigger may write a virtual table.
    (
        "CREATE VIRTUAL TABLE message_fts USING fts5(body, scope, content='message_search', content_rowid='id', columnsize=0,"
        " detail='full', tokenize='unicode61 remove_diacritics 0')"
    ),
)

POSTGRESQL_DDL: tuple[str, ...] = (
    (
        "ALTER TABLE appointment ADD CONSTRAINT ex_appointment_overlap EXCLUDE USING gist"
        " (provider_id WITH =, lane WITH =, tstzrange(blocks_from, blocks_until, '[)') WITH &&, chain_id WITH <>)"
        f" WHERE ({BLOCKING})"
    ),
    (
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION '% rows are never changed this way', TG_TABLE_NAME; END $$"
    ),
    (
        "CREATE TRIGGER appointment_no_delete BEFORE DELETE OR TRUNCATE ON appointment"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    ),
    (
        "CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    ),
    (
        "CREATE FUNCTION count_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF TG_OP = 'UPDATE' AND OLD.state = 'open' AND (NEW.state <> 'open' OR OLD.target_id <> NEW.target_id) THEN"
        " UPDATE open_count SET count = count - 1 WHERE target_id = OLD.target_id; END IF;"
        " IF NEW.state = 'open' AND (TG_OP = 'INSERT' OR OLD.state <> 'open' OR OLD.target_id <> NEW.target_id) THEN"
        " INSERT INTO open_count AS c (target_id, count) VALUES (NEW.target_id, 1)"
        " ON CONFLICT (target_id) DO UPDATE SET count = c.count + 1; END IF;"
        " RETURN NULL; END $$"
    ),
    (
        "CREATE TRIGGER request_open AFTER INSERT OR UPDATE OF state, target_id ON request"
        " FOR EACH ROW EXECUTE FUNCTION count_open()"
    ),
    "CREATE INDEX ix_message_search_words ON message_search USING gin (to_tsvector('simple', body))",
    "CREATE INDEX ix_message_search_scope_id ON message_search (scope, id)",
)

BEFORE = {"postgresql": ("CREATE EXTENSION IF NOT EXISTS btree_gist",)}
AFTER = {"sqlite": SQLITE_DDL, "postgresql": POSTGRESQL_DDL}
