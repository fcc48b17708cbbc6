import { isPartialPath, topLevelObject, type DeviceKey, type ParameterValues } from "@heliograph/protocol";
import type { LearnedParameters } from "../ports/index.ts";
import { overlay, within } from "../ports/lesson.ts";
import { readDocument, writeDocument, type Document } from "./document.ts";
import { integer, text, type Row } from "./row.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

/** What is known of one top-level object of one device: the unit in which parameters are stored. */
export interface ChunkKey {
  readonly device: DeviceKey;
  readonly object: string;
}

/** What the device's last Inform said of itself, and when. */
export interface InformParameters {
  readonly at: number;
  readonly values: ParameterValues;
}

/** What is known at and below `path`; reads only the chunks it lies in. */
export function findParameters(db: SqliteDatabase, device: DeviceKey, path: string): LearnedParameters {
  const known = Object.fromEntries(chunksFor(db, device, path).flatMap((chunk) => Object.entries(chunk)));
  const asked = within(known, path);
  const inform = findInformParameters(db, device);
  return inform === undefined ? asked : overlay(asked, within(inform.values, path), inform.at);
}

function chunksFor(db: SqliteDatabase, device: DeviceKey, path: string): readonly LearnedParameters[] {
  const object = topLevelObject(path);
  // A path as short as a root or shorter spans several top-level objects: all that begin with it.
  if (object !== path || !isPartialPath(path)) return [findChunk(db, { device, object })];
  const rows = db.all(
    `SELECT document FROM parameters
     WHERE device = :device AND substr(object, 1, length(:path)) = :path ORDER BY object`,
    { device, path },
  );
  return rows.map(chunkOf);
}

export function findChunk(db: SqliteDatabase, { device, object }: ChunkKey): LearnedParameters {
  const row = db.get("SELECT document FROM parameters WHERE device = :device AND object = :object", {
    device,
    object,
  });
  return row === undefined ? {} : chunkOf(row);
}

/** The top-level objects of which something is known. */
export function storedObjects(db: SqliteDatabase, device: DeviceKey): readonly string[] {
  return db
    .all("SELECT object FROM parameters WHERE device = :device", { device })
    .map((row) => text(row, "object"));
}

export function saveChunk(db: SqliteDatabase, { device, object }: ChunkKey, known: LearnedParameters): void {
  if (Object.keys(known).length === 0) {
    db.run("DELETE FROM parameters WHERE device = :device AND object = :object", { device, object });
    return;
  }
  db.run(
    `INSERT INTO parameters (device, object, document) VALUES (:device, :object, :document)
     ON CONFLICT (device, object) DO UPDATE SET document = excluded.document`,
    { device, object, document: writeDocument(known) },
  );
}

export function findInformParameters(db: SqliteDatabase, device: DeviceKey): InformParameters | undefined {
  const row = db.get("SELECT at, document FROM inform_parameters WHERE device = :device", { device });
  if (row === undefined) return undefined;
  return { at: integer(row, "at"), values: readDocument(text(row, "document") as Document<ParameterValues>) };
}

export function saveInformParameters(db: SqliteDatabase, device: DeviceKey, inform: InformParameters): void {
  db.run(
    `INSERT INTO inform_parameters (device, at, document) VALUES (:device, :at, :document)
     ON CONFLICT (device) DO UPDATE SET at = excluded.at, document = excluded.document`,
    { device, at: inform.at, document: writeDocument(inform.values) },
  );
}

function chunkOf(row: Row): LearnedParameters {
  return readDocument(text(row, "document") as Document<LearnedParameters>);
}
