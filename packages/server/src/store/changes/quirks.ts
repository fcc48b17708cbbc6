import {
  hasChanged,
  mergeQuirks,
  modelOf,
  normalModel,
  quirkNames,
  type Held,
  type ImportQuirks,
  type ImportQuirksResult,
  type KnownQuirks,
  type LearnQuirks,
  type LearnQuirksResult,
  type Model,
  type ModelQuirks,
  type ObservedQuirks,
  type QuirkName,
  type QuirkNotes,
  type SetQuirk,
} from "../../ports/index.ts";
import type { Database } from "../database.ts";
import { findDevice } from "../device-rows.ts";
import { readDocument, writeDocument, type Document } from "../document.ts";
import { integer, text, type Row } from "../row.ts";
import { hasAudit, storeAudit, storeEvents } from "./journal.ts";

/** Devices name their own models: so many of them are kept at most, and every process holds them. */
const MAX_LEARNED_MODELS = 5_000;
/** One that shows this and then that is believed once an hour. */
const SETTLED_MS = 3_600_000;

const NOTHING: KnownQuirks = { set: {}, learned: {} };

/** Stands in the rows that are about a model whatever software it runs. */
const ANY_SOFTWARE = "";

/** The newest device to show something speaks for its model. */
export function learnQuirks(db: Database, change: LearnQuirks): LearnQuirksResult {
  const { device: key, observed, at, events } = change;
  const device = findDevice(db, key);
  if (device === undefined) return { held: false, models: false };
  const own = taught(device.quirks ?? NOTHING, observed, at);
  if (own === undefined) return { held: true, models: false };
  db.write("UPDATE devices SET quirks = :quirks WHERE key = :key", { key, quirks: writeDocument(own) });
  storeEvents(db, events);
  return { held: true, models: teachModel(db, modelOf(device), { observed, at }) };
}

/** A device that does not say what software it runs says nothing of others. */
function teachModel(
  db: Database,
  model: Model,
  { observed, at }: Pick<LearnQuirks, "observed" | "at">,
): boolean {
  if (model.softwareVersion === undefined) return false;
  const known = findModelQuirks(db, model);
  if (known === undefined && countModels(db) >= MAX_LEARNED_MODELS) return false;
  const learned = taught(known ?? NOTHING, observed, at);
  if (learned !== undefined) saveModelQuirks(db, model, learned);
  return learned !== undefined;
}

function countModels(db: Database): number {
  const row = db.get("SELECT count(*) AS models FROM model_quirks");
  return row === undefined ? 0 : integer(row, "models");
}

export function setQuirk(db: Database, change: SetQuirk): Held {
  const { scope, audit, events } = change;
  if (hasAudit(db, audit)) return { held: true };
  if (scope.type === "model") {
    saveModelQuirks(db, scope.model, decided(findModelQuirks(db, scope.model) ?? NOTHING, change));
  } else {
    const device = findDevice(db, scope.device);
    if (device === undefined) return { held: false };
    const quirks = writeDocument(decided(device.quirks ?? NOTHING, change));
    db.write("UPDATE devices SET quirks = :quirks WHERE key = :key", { key: device.key, quirks });
  }
  storeAudit(db, audit);
  storeEvents(db, events);
  return { held: true };
}

export function importQuirks(db: Database, change: ImportQuirks): ImportQuirksResult {
  const { models, audit } = change;
  const isDone = hasAudit(db, audit);
  const merged = models.flatMap((shared) => {
    const { model } = shared;
    const { known, merged: each } = mergeQuirks(findModelQuirks(db, model) ?? NOTHING, shared, change);
    if (!isDone && each.some(hasChanged)) saveModelQuirks(db, model, known);
    return each;
  });
  if (!isDone) storeAudit(db, audit);
  return { merged };
}

export function findAllModelQuirks(db: Database): readonly ModelQuirks[] {
  return db
    .all("SELECT * FROM model_quirks ORDER BY oui, product_class, software_version")
    .map((row) => ({ model: modelOfRow(row), known: knownOf(row) }));
}

function findModelQuirks(db: Database, model: Model): KnownQuirks | undefined {
  const row = db.get(
    `SELECT * FROM model_quirks
     WHERE oui = :oui AND product_class = :productClass AND software_version = :softwareVersion`,
    modelValues(model),
  );
  return row === undefined ? undefined : knownOf(row);
}

/** A model of which nothing is known has no row. */
function saveModelQuirks(db: Database, model: Model, known: KnownQuirks): void {
  if (isEmpty(known)) {
    db.write(
      `DELETE FROM model_quirks
       WHERE oui = :oui AND product_class = :productClass AND software_version = :softwareVersion`,
      modelValues(model),
    );
    return;
  }
  db.write(
    `INSERT INTO model_quirks (oui, product_class, software_version, quirks)
     VALUES (:oui, :productClass, :softwareVersion, :quirks)
     ON CONFLICT (oui, product_class, software_version) DO UPDATE SET quirks = excluded.quirks`,
    { ...modelValues(model), quirks: writeDocument(known) },
  );
}

/** Undefined where it is known already, or something else was learned just before. */
function taught(known: KnownQuirks, observed: ObservedQuirks, at: number): KnownQuirks | undefined {
  const news = quirkNames.flatMap((name): readonly (readonly [QuirkName, object])[] => {
    const value = observed[name];
    const before = known.learned[name];
    const isKnown = before?.value === value || (before !== undefined && at - before.since < SETTLED_MS);
    return value === undefined || isKnown ? [] : [[name, { value, since: at }]];
  });
  if (news.length === 0) return undefined;
  const learned: QuirkNotes = { ...known.learned, ...Object.fromEntries(news) };
  return { set: known.set, learned };
}

function decided(known: KnownQuirks, { quirk, at, by }: SetQuirk): KnownQuirks {
  const set: QuirkNotes =
    quirk.value === undefined
      ? without(known.set, quirk.name)
      : { ...known.set, [quirk.name]: { value: quirk.value, since: at, by } };
  return { set, learned: known.learned };
}

function without(notes: QuirkNotes, name: QuirkName): QuirkNotes {
  const { [name]: _, ...rest } = notes;
  return rest;
}

function isEmpty({ set, learned }: KnownQuirks): boolean {
  return Object.keys(set).length + Object.keys(learned).length === 0;
}

function modelValues(model: Model) {
  const { oui, productClass, softwareVersion = ANY_SOFTWARE } = normalModel(model);
  return { oui, productClass, softwareVersion };
}

function modelOfRow(row: Row): Model {
  const softwareVersion = text(row, "software_version");
  return {
    oui: text(row, "oui"),
    productClass: text(row, "product_class"),
    ...(softwareVersion === ANY_SOFTWARE ? {} : { softwareVersion }),
  };
}

function knownOf(row: Row): KnownQuirks {
  return readDocument(text(row, "quirks") as Document<KnownQuirks>);
}
