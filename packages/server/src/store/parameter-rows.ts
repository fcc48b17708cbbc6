import { isPartialPath, topLevelObject, type DeviceKey, type ParameterValues } from "@heliograph/protocol";
import type { LearnedParameters } from "../ports/index.ts";
import { overlay, within } from "../ports/lesson.ts";
import { listed, type Database } from "./database.ts";
import { readDocument, writeDocument, type Document } from "./document.ts";
import { integer, text, type Row } from "./row.ts";

/** What is known of one top-level object of one device: the unit in which parameters are stored. */
export interface ChunkKey {
  readonly device: DeviceKey;
  readonly object: string;
}

/** What the device's last Inform said of itself, and when. */
interface InformParameters {
  readonly at: number;
  readonly values: ParameterValues;
}

/** What is known at and below `path`; reads only the chunks it lies in. */
export function findParameters(db: Database, device: DeviceKey, path: string): LearnedParameters {
  const known = Object.fromEntries(chunksFor(db, device, path).flatMap((chunk) => Object.entries(chunk)));
  const asked = within(known, path);
  const inform = findInformParameters(db, device);
  return inform === undefined ? asked : overlay(asked, within(inform.values, path), inform.at);
}

function chunksFor(db: Database, device: DeviceKey, path: string): readonly LearnedParameters[] {
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

export function findChunk(db: Database, { device, object }: ChunkKey): LearnedParameters {
  const row = db.get("SELECT document FROM parameters WHERE device = :device AND object = :object", {
    device,
    object,
  });
  return row === undefined ? {} : chunkOf(row);
}

/** What is known of each of the objects, by its name; left out, nothing is. */
export function findChunks(
  db: Database,
  device: DeviceKey,
  objects: readonly string[],
): ReadonlyMap<string, LearnedParameters> {
  if (objects.length === 0) return new Map();
  const { names, values } = listed("object", objects);
  const rows = db.all(
    `SELECT object, document FROM parameters WHERE device = :device AND object IN (${names})`,
    { device, ...values },
  );
  return new Map(rows.map((row) => [text(row, "object"), chunkOf(row)]));
}

/** The top-level objects of which something is known. */
export function storedObjects(db: Database, device: DeviceKey): readonly string[] {
  return db
    .all("SELECT object FROM parameters WHERE device = :device", { device })
    .map((row) => text(row, "object"));
}

export function saveChunk(db: Database, { device, object }: ChunkKey, known: LearnedParameters): void {
  if (Object.keys(known).length === 0) {
    db.write("DELETE FROM parameters WHERE device = :device AND object = :object", { device, object });
    return;
  }
  db.write(
    `INSERT INTO parameters (device, object, document) VALUES (:device, :object, :document)
     ON CONFLICT (device, object) DO UPDATE SET document = excluded.document`,
    { device, object, document: writeDocument(known) },
  );
}

export function findInformParameters(db: Database, device: DeviceKey): InformParameters | undefined {
  const row = db.get(
    `SELECT last_inform_at, document FROM inform_parameters JOIN devices ON devices.key = inform_parameters.device
     WHERE device = :device`,
    { device },
  );
  if (row === undefined) return undefined;
  const at = integer(row, "last_inform_at");
  return { at, values: readDocument(text(row, "document") as Document<ParameterValues>) };
}

/** Of a device's row, whether `:parameters` are those of its last Inform: then they need not be written again. */
export const IS_TOLD = `CAST(EXISTS (
  SELECT 1 FROM inform_parameters WHERE device = devices.key AND document = :parameters
) AS INTEGER) AS is_told`;

/** Every Inform has its own, and so they are as of the last one. */
export function saveInformParameters(
  db: Database,
  device: DeviceKey,
  { at, document }: { readonly at: number; readonly document: Document<ParameterValues> },
): void {
  db.write(
    `INSERT INTO inform_parameters (device, at, document) VALUES (:device, :at, :document)
     ON CONFLICT (device) DO UPDATE SET at = excluded.at, document = excluded.document
     WHERE inform_parameters.document <> excluded.document`,
    { device, at, document },
  );
}

function chunkOf(row: Row): LearnedParameters {
  return readDocument(text(row, "document") as Document<LearnedParameters>);
}
