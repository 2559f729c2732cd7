-- What the first release wrote, as `sqlite3 journal.sqlite3 .dump` says it.
BEGIN TRANSACTION;
CREATE TABLE pictures (
    row INTEGER NOT NULL REFERENCES tasks (row),
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    PRIMARY KEY (row, number)
);
INSERT INTO "pictures" VALUES(1,0,'7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed','image/png',4,3);
INSERT INTO "pictures" VALUES(1,1,'3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3','image/png',4,3);
INSERT INTO "pictures" VALUES(2,0,'7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed','image/png',4,3);
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
);
INSERT INTO "tasks" VALUES(1,'https://lumen.example','a1b2','generations','["generations", 2, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "whole \u7a97\u53f0\u4e0a\u7684\u732b", "n": 2}','t1','succeeded',NULL,NULL,1750000000.0,1750000000.0,7.5);
INSERT INTO "tasks" VALUES(2,'https://lumen.example','a1b2','generations','["generations", 2, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "half", "n": 2}','t2','succeeded',NULL,NULL,NULL,1750000000.0,8.5);
INSERT INTO "tasks" VALUES(3,'https://lumen.example','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "runs"}','t3','processing',NULL,NULL,NULL,1750000000.0,NULL);
INSERT INTO "tasks" VALUES(4,'https://lumen.example','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "failed"}','t4','failed',NULL,'{"code": "unsafe", "message": "No."}',NULL,1750000000.0,3.0);
INSERT INTO "tasks" VALUES(5,'https://lumen.example','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "refused"}',NULL,'refused','no credits',NULL,NULL,1750000000.0,NULL);
INSERT INTO "tasks" VALUES(6,'https://lumen.example','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "unknown"}',NULL,'unknown','no answer',NULL,NULL,1750000000.0,NULL);
INSERT INTO "tasks" VALUES(7,'https://lumen.example','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "killed"}',NULL,'sending',NULL,NULL,NULL,1750000000.0,NULL);
INSERT INTO "tasks" VALUES(8,'https://lumen.example','a1b2',NULL,NULL,'{}','t8','processing',NULL,NULL,NULL,1750000000.0,NULL);
CREATE INDEX by_task ON tasks (task_id, origin, account);
CREATE INDEX by_kind ON tasks (origin, kind);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('tasks',8);
COMMIT;
PRAGMA user_version = 1;
