-- A journal as the last release wrote it whose digests had no version: the requests of
-- test_digests.py, each with a task that still runs and that nobody follows.
BEGIN TRANSACTION;
CREATE TABLE doomed (
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (sha256, media_type)
);
CREATE TABLE pictures (
    row INTEGER NOT NULL REFERENCES tasks (row),
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    PRIMARY KEY (row, number)
);
CREATE TABLE processes (
    process INTEGER PRIMARY KEY AUTOINCREMENT,
    mark TEXT NOT NULL UNIQUE,
    seen REAL NOT NULL
);
CREATE TABLE tasks (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    origin TEXT NOT NULL,
    account TEXT NOT NULL,
    endpoint TEXT,
    kind TEXT,
    body TEXT NOT NULL,
    task_id TEXT,
    state TEXT NOT NULL,
    reason TEXT,
    error TEXT,
    created REAL,
    submitted REAL NOT NULL,
    seconds REAL
, owner INTEGER, digest TEXT, wanted INTEGER NOT NULL DEFAULT 1, settled INTEGER NOT NULL DEFAULT 0);
INSERT INTO "tasks" VALUES(1,'https://lumen.example','6cc512516fca766e','generations','["generations", 1, "gpt-image-2-low", "16:9", null, null]','{"model": "gpt-image-2-low", "prompt": "a cat", "size": "16:9"}','words','processing',NULL,NULL,NULL,1700000001.0,NULL,NULL,'267bfc0aacb6f2bba9fc3474c53af3dc92f6ab382f52f037c4f867089273addf',1,0);
INSERT INTO "tasks" VALUES(2,'https://lumen.example','6cc512516fca766e','edits','["edits", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "snow", "image_urls": ["https://files.example/7e9e640793774528"]}','eight','processing',NULL,NULL,NULL,1700000002.0,NULL,NULL,'ea2ae184b9c8b0e84f5535de04f62c60f890adfdf1206b8a50ab45219b8579a5',1,0);
INSERT INTO "tasks" VALUES(3,'https://lumen.example','6cc512516fca766e','edits','["edits", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "snow", "image_urls": ["https://files.example/c6c04a2f4fa3214c"]}','ICC','processing',NULL,NULL,NULL,1700000003.0,NULL,NULL,'d337e88b012b3d13edcdeccfb89163305672257b6a60498a4c0d701d293b628c',1,0);
CREATE INDEX by_task ON tasks (task_id, origin, account);
CREATE INDEX by_kind ON tasks (origin, kind);
CREATE INDEX by_digest ON tasks (digest) WHERE digest IS NOT NULL;
CREATE INDEX by_open ON tasks (origin, account) WHERE settled = 0;
CREATE INDEX by_picture ON pictures (sha256);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('processes',3);
INSERT INTO "sqlite_sequence" VALUES('tasks',3);
COMMIT;
PRAGMA user_version = 2;
