import { buffer } from "node:stream/consumers";
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from "diff";
import { FileGoneError } from "../../ports/files.ts";
import type { FileComparer, FileComparison, FileId, FileRecord, FileStore } from "../../ports/index.ts";

/** Two longer ones are not compared: while they are, nothing else is done. */
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_MS = 250;
/** Lines around a change. */
const CONTEXT = 3;

/** Compares what is text line by line. */
export function fileComparer(files: Pick<FileStore, "file" | "read">): FileComparer {
  return {
    async compare(earlier, later) {
      const [before, after] = [await found(files, earlier), await found(files, later)];
      if (before.sha256 === after.sha256) return { type: "same" };
      if (Math.max(before.bytes, after.bytes) > MAX_BYTES) return { type: "opaque" };
      const [old, young] = [await textOf(files, earlier), await textOf(files, later)];
      if (old === undefined || young === undefined) return { type: "opaque" };
      return difference({ name: earlier, text: old }, { name: later, text: young });
    },
  };
}

interface Text {
  readonly name: string;
  readonly text: string;
}

function difference(before: Text, after: Text): FileComparison {
  const options = { context: CONTEXT, timeout: MAX_MS };
  const patch = structuredPatch(before.name, after.name, before.text, after.text, "", "", options);
  if (patch === undefined) return { type: "opaque" };
  const lines = patch.hunks.flatMap((hunk) => hunk.lines);
  const count = (mark: string): number => lines.filter((line) => line.startsWith(mark)).length;
  return {
    type: "text",
    added: count("+"),
    removed: count("-"),
    unified: formatPatch(patch, FILE_HEADERS_ONLY),
  };
}

async function found(files: Pick<FileStore, "file">, id: FileId): Promise<FileRecord> {
  const file = await files.file(id);
  if (file === undefined) throw new FileGoneError(id);
  return file;
}

/** Old devices write Latin 1. */
const ENCODINGS = ["utf-8", "windows-1252"] as const;
/** What no text has, whatever it is written in. */
const NO_TEXT = /[\0-\x08\x0e-\x1a\x1c-\x1f]/;

/** Undefined where it is no text. */
async function textOf(files: Pick<FileStore, "read">, id: FileId): Promise<string | undefined> {
  const bytes = await buffer(files.read(id));
  for (const encoding of ENCODINGS) {
    const text = decoded(bytes, encoding);
    if (text !== undefined) return NO_TEXT.test(text) ? undefined : text;
  }
  return undefined;
}

function decoded(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
