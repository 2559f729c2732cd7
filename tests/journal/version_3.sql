-- What the release with schema 3 wrote, as `sqlite3 journal.sqlite3 .dump` says it.
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
INSERT INTO "pictures" VALUES(1,0,'1fde98ef67e86efbb0c416e89de6b632203b7a87d171efc3d5f48cd76b9d9528','image/png',4,3);
INSERT INTO "pictures" VALUES(1,1,'d8c6883216d443c08c948683a7590bd16c8b5c6888bbd20df97c9fc507a46ef4','image/png',4,3);
CREATE TABLE processes (
    process INTEGER PRIMARY KEY AUTOINCREMENT,
    mark TEXT NOT NULL UNIQUE,
    seen REAL NOT NULL
);
INSERT INTO "processes" VALUES(1,'["a machine", "a boot", "", 1, "1"]',1750000000.0);
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
INSERT INTO "tasks" VALUES(1,'https://lumen.example','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "a cat \u7a97\u53f0"}','t1','succeeded',NULL,NULL,1750000000.0,1750000000.0,7.5,1,'d a cat 窗台',2,1);
INSERT INTO "tasks" VALUES(2,'https://lumen.example','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "runs"}','t2','processing',NULL,NULL,1750000000.0,1750000000.0,NULL,1,'d runs',1,0);
INSERT INTO "tasks" VALUES(3,'https://lumen.example','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "unknown"}',NULL,'unknown','no answer',NULL,NULL,1750000000.0,NULL,1,'d unknown',1,0);
CREATE INDEX by_task ON tasks (task_id, origin, account);
CREATE INDEX by_kind ON tasks (origin, kind);
CREATE INDEX by_digest ON tasks (digest) WHERE digest IS NOT NULL;
CREATE INDEX by_open ON tasks (origin, account) WHERE settled = 0;
CREATE INDEX by_picture ON pictures (sha256);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('processes',3);
INSERT INTO "sqlite_sequence" VALUES('tasks',3);
PRAGMA user_version = 3;
COMMIT;
