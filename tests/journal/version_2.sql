-- What the release with schema 2 wrote, as `sqlite3 journal.sqlite3 .dump` says it.
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
INSERT INTO "pictures" VALUES(1,0,'92b2fa58028958317e408bd84ecfa70f5ee35b121991dbc232c49d166353708b','image/png',4,3);
INSERT INTO "pictures" VALUES(2,0,'92b2fa58028958317e408bd84ecfa70f5ee35b121991dbc232c49d166353708b','image/png',4,3);
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
INSERT INTO "tasks" VALUES(1,'https://lumen.example','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "plain"}','t1','succeeded',NULL,NULL,1750000000.0,1750000000.0,7.5,1,'d1',1,1);
INSERT INTO "tasks" VALUES(2,'https://lumen.example:443','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "with a port"}','t2','succeeded',NULL,NULL,1750000000.0,1750000000.0,7.5,1,'d2',1,1);
INSERT INTO "tasks" VALUES(3,'https://lumen.example.','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "with a dot"}','t3','processing',NULL,NULL,1750000000.0,1750000000.0,NULL,1,'d3',1,0);
INSERT INTO "tasks" VALUES(4,'https://lumen.example.:443/gateway','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "behind a gateway"}','t4','processing',NULL,NULL,1750000000.0,1750000000.0,NULL,1,'d4',1,0);
INSERT INTO "tasks" VALUES(5,'https://lumen.example:8443','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "another port"}','t5','processing',NULL,NULL,1750000000.0,1750000000.0,NULL,1,'d5',1,0);
INSERT INTO "tasks" VALUES(6,'http://127.0.0.1:80','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "loopback"}','t6','processing',NULL,NULL,1750000000.0,1750000000.0,NULL,1,'d6',1,0);
INSERT INTO "tasks" VALUES(7,'http://[::1]:80','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "loopback of six"}','t7','processing',NULL,NULL,1750000000.0,1750000000.0,NULL,1,'d7',1,0);
INSERT INTO "tasks" VALUES(8,'http://localhost:8000','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "by its name"}','t8','processing',NULL,NULL,1750000000.0,1750000000.0,NULL,1,'d8',1,0);
INSERT INTO "tasks" VALUES(9,'https://lumen.example:443','a1b2',NULL,NULL,'{}','t1','queued',NULL,NULL,NULL,1750000000.0,NULL,1,NULL,1,0);
-- The requests of tests/client/test_same_requests.py, by digests without a version.
INSERT INTO "tasks" VALUES(10,'https://lumen.example','6cc512516fca766e','generations','["generations", 1, "gpt-image-2-low", "16:9", null, null]','{"model": "gpt-image-2-low", "prompt": "a cat", "size": "16:9"}','words','processing',NULL,NULL,NULL,1700000001.0,NULL,NULL,'267bfc0aacb6f2bba9fc3474c53af3dc92f6ab382f52f037c4f867089273addf',1,0);
INSERT INTO "tasks" VALUES(11,'https://lumen.example','6cc512516fca766e','edits','["edits", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "snow", "image_urls": ["https://files.example/7e9e640793774528"]}','eight','processing',NULL,NULL,NULL,1700000002.0,NULL,NULL,'ea2ae184b9c8b0e84f5535de04f62c60f890adfdf1206b8a50ab45219b8579a5',1,0);
INSERT INTO "tasks" VALUES(12,'https://lumen.example','6cc512516fca766e','edits','["edits", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "snow", "image_urls": ["https://files.example/c6c04a2f4fa3214c"]}','ICC','processing',NULL,NULL,NULL,1700000003.0,NULL,NULL,'d337e88b012b3d13edcdeccfb89163305672257b6a60498a4c0d701d293b628c',1,0);
CREATE INDEX by_task ON tasks (task_id, origin, account);
CREATE INDEX by_kind ON tasks (origin, kind);
CREATE INDEX by_digest ON tasks (digest) WHERE digest IS NOT NULL;
CREATE INDEX by_open ON tasks (origin, account) WHERE settled = 0;
CREATE INDEX by_picture ON pictures (sha256);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('processes',9);
INSERT INTO "sqlite_sequence" VALUES('tasks',12);
COMMIT;
PRAGMA user_version = 2;
