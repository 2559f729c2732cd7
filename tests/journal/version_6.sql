-- What the release with schema 6 wrote, as `sqlite3 journal.sqlite3 .dump` says it.
BEGIN TRANSACTION;
CREATE TABLE derived (
    row INTEGER NOT NULL REFERENCES tasks (row),
    number INTEGER NOT NULL,
    made_of TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    facts TEXT NOT NULL,
    PRIMARY KEY (row, number)
);
INSERT INTO "derived" VALUES(1883229656544642729,0,'bc94df662619462ee46fb93c46305845775a94b177dfcdf060ecaf239c5d337b','fa86bb5c08c91af3072702c7b9f1c14c345dccc718ee4b3bd3b99da89eaab361','image/png',4,3,'{"changed_outside": 0.25, "note": "put back"}');
CREATE TABLE doomed (
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (sha256, media_type)
);
CREATE TABLE lineage (
    row INTEGER NOT NULL REFERENCES tasks (row),
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (row, number)
);
INSERT INTO "lineage" VALUES(1883229656544642729,0,'d8c6883216d443c08c948683a7590bd16c8b5c6888bbd20df97c9fc507a46ef4');
INSERT INTO "lineage" VALUES(1883229656556620962,0,'fa86bb5c08c91af3072702c7b9f1c14c345dccc718ee4b3bd3b99da89eaab361');
CREATE TABLE pictures (
    row INTEGER NOT NULL REFERENCES tasks (row),
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    PRIMARY KEY (row, number)
);
INSERT INTO "pictures" VALUES(1883229656514113391,0,'1fde98ef67e86efbb0c416e89de6b632203b7a87d171efc3d5f48cd76b9d9528','image/png',4,3);
INSERT INTO "pictures" VALUES(1883229656514113391,1,'d8c6883216d443c08c948683a7590bd16c8b5c6888bbd20df97c9fc507a46ef4','image/png',4,3);
INSERT INTO "pictures" VALUES(1883229656544642729,0,'bc94df662619462ee46fb93c46305845775a94b177dfcdf060ecaf239c5d337b','image/png',4,3);
CREATE TABLE processes (
    process INTEGER PRIMARY KEY AUTOINCREMENT,
    mark TEXT NOT NULL UNIQUE,
    seen REAL NOT NULL
);
INSERT INTO "processes" VALUES(1,'["a machine", "a boot", "", 1, "1"]',1750000000.0);
CREATE TABLE recipe_files (
    row INTEGER NOT NULL REFERENCES tasks (row),
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    PRIMARY KEY (row, name)
);
INSERT INTO "recipe_files" VALUES(1883229656544642729,'source','d8c6883216d443c08c948683a7590bd16c8b5c6888bbd20df97c9fc507a46ef4','image/png');
INSERT INTO "recipe_files" VALUES(1883229656544642729,'mask','47349c6e62d0c26fbea56f4941d21ae8b47cdb52c7824ca809a3528e3387fe3f','image/png');
INSERT INTO "recipe_files" VALUES(1883229656556620962,'source','fa86bb5c08c91af3072702c7b9f1c14c345dccc718ee4b3bd3b99da89eaab361','image/png');
INSERT INTO "recipe_files" VALUES(1883229656556620962,'mask','47349c6e62d0c26fbea56f4941d21ae8b47cdb52c7824ca809a3528e3387fe3f','image/png');
INSERT INTO "recipe_files" VALUES(1883229656562632788,'source','14d804a724af4f73f65afebe2c711b044a5d316dac15f97b8892802cb334ecf6','image/png');
INSERT INTO "recipe_files" VALUES(1883229656562632788,'mask','47349c6e62d0c26fbea56f4941d21ae8b47cdb52c7824ca809a3528e3387fe3f','image/png');
CREATE TABLE stars (
    sha256 TEXT PRIMARY KEY,
    since REAL NOT NULL
);
INSERT INTO "stars" VALUES('abababababababababababababababababababababababababababababababab',1.7960067762908716202e+09);
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
, owner INTEGER, digest TEXT, wanted INTEGER NOT NULL DEFAULT 1, settled INTEGER NOT NULL DEFAULT 0, correlation_id TEXT, recipe TEXT);
INSERT INTO "tasks" VALUES(1883229656514113391,'https://lumen.example','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "a cat \u7a97\u53f0"}','t1','succeeded',NULL,NULL,1750000000.0,1750000000.0,7.5,1,'d a cat 窗台',2,1,NULL,NULL);
INSERT INTO "tasks" VALUES(1883229656529209073,'https://lumen.example','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "runs"}','t2','processing',NULL,NULL,1750000000.0,1750000000.0,NULL,1,'d runs',1,0,NULL,NULL);
INSERT INTO "tasks" VALUES(1883229656534011198,'https://lumen.example','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "unknown"}',NULL,'unknown','no answer',NULL,NULL,1750000000.0,NULL,1,'d unknown',1,0,NULL,NULL);
INSERT INTO "tasks" VALUES(1883229656538797659,'https://lumen.example','a1b2','generations','["generations", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "with a name"}','t3','processing',NULL,NULL,1750000000.0,1750000000.0,NULL,1,'d with a name',1,0,'c1',NULL);
INSERT INTO "tasks" VALUES(1883229656544642729,'https://lumen.example','a1b2','inpaint','["inpaint", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "a repaint of the cat", "image_urls": ["https://files.example/1"]}','t4','succeeded',NULL,NULL,1750000000.0,1750000000.0,7.5,1,'d a repaint of the cat',1,1,NULL,'[{"box": [0, 0, 4, 3]}, null]');
INSERT INTO "tasks" VALUES(1883229656556620962,'https://lumen.example','a1b2','inpaint','["inpaint", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "a repaint of the exact picture", "image_urls": ["https://files.example/1"]}','t5','processing',NULL,NULL,1750000000.0,1750000000.0,NULL,1,'d a repaint of the exact picture',1,0,NULL,'[{"box": [0, 0, 4, 3]}, null]');
INSERT INTO "tasks" VALUES(1883229656562632788,'https://lumen.example','a1b2','inpaint','["inpaint", 1, "gpt-image-2-low", null, null, null]','{"model": "gpt-image-2-low", "prompt": "a repaint of a photo", "image_urls": ["https://files.example/1"]}','t6','processing',NULL,NULL,1750000000.0,1750000000.0,NULL,1,'d a repaint of a photo',1,0,NULL,'[{"box": [0, 0, 4, 3]}, null]');
CREATE INDEX by_task ON tasks (task_id, origin, account);
CREATE INDEX by_kind ON tasks (origin, kind);
CREATE INDEX by_digest ON tasks (digest) WHERE digest IS NOT NULL;
CREATE INDEX by_open ON tasks (origin, account) WHERE settled = 0;
CREATE INDEX by_picture ON pictures (sha256);
CREATE INDEX by_correlation_id ON tasks (correlation_id) WHERE correlation_id IS NOT NULL;
CREATE INDEX by_recipe_file ON recipe_files (sha256);
CREATE INDEX by_derived ON derived (sha256);
CREATE INDEX by_source ON lineage (sha256);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('processes',7);
INSERT INTO "sqlite_sequence" VALUES('tasks',1883229656562632788);
PRAGMA user_version = 6;
COMMIT;
