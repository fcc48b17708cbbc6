import { readFile } from "node:fs/promises";
import { parseDeviceKey } from "@heliograph/protocol";
import type { FileId, FileRecord, FileTarget } from "../../ports/files.ts";
import { present } from "../row.ts";

/** Undefined where there is none, or what stands there is none of ours. */
export async function readFileRecord(path: string, id: FileId): Promise<FileRecord | undefined> {
  try {
    return recordOf(JSON.parse(await readFile(path, "utf8")), id);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function recordOf(read: unknown, id: FileId): FileRecord | undefined {
  const [name, kind] = [member(read, "name"), member(read, "kind")];
  const [sha256, md5] = [member(read, "sha256"), member(read, "md5")];
  const [bytes, addedAt] = [member(read, "bytes"), member(read, "addedAt")];
  if (typeof name !== "string" || typeof kind !== "string") return undefined;
  if (typeof sha256 !== "string" || typeof md5 !== "string") return undefined;
  if (typeof bytes !== "number" || typeof addedAt !== "number") return undefined;
  const device = text(read, "device");
  return present({
    ...{ id, name, kind, bytes, sha256, md5, addedAt },
    target: targetOf(member(read, "target")),
    version: text(read, "version"),
    device: device === undefined ? undefined : parseDeviceKey(device),
  });
}

function targetOf(read: unknown): FileTarget {
  return present({
    manufacturer: text(read, "manufacturer"),
    oui: text(read, "oui"),
    productClass: text(read, "productClass"),
  });
}

function text(read: unknown, name: string): string | undefined {
  const value = member(read, name);
  return typeof value === "string" ? value : undefined;
}

function member(read: unknown, name: string): unknown {
  return typeof read === "object" && read !== null ? new Map(Object.entries(read)).get(name) : undefined;
}
