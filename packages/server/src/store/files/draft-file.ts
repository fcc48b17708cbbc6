import { createHash } from "node:crypto";
import { mkdir, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { FileRefusal, NewFile } from "../../ports/files.ts";

export interface DraftedFile {
  readonly type: "drafted";
  readonly bytes: number;
  readonly sha256: string;
  readonly md5: string;
}

export interface Drafting {
  readonly file: NewFile;
  readonly content: AsyncIterable<Uint8Array>;
  /** Asked before each piece is written; says why it may not be. */
  readonly reserve: (bytes: number) => Promise<FileRefusal | undefined>;
}

const ONLY_US = 0o600;

/** Writes the content into a new folder and syncs it. Whoever called removes the folder of one that is refused or fails. */
export async function draftFile(
  folder: string,
  { file, content, reserve }: Drafting,
): Promise<DraftedFile | { readonly type: "refused"; readonly reason: FileRefusal }> {
  await mkdir(folder, { mode: 0o700 });
  const [sha256, md5] = [createHash("sha256"), createHash("md5")];
  await using draft = await open(join(folder, "content"), "wx", ONLY_US);
  let bytes = 0;
  for await (const piece of content) {
    const reason = await reserve(piece.length);
    if (reason !== undefined) return { type: "refused", reason };
    if (!(await hasRoomFor(draft, piece))) return { type: "refused", reason: "full" };
    sha256.update(piece);
    md5.update(piece);
    bytes += piece.length;
  }
  const drafted = { type: "drafted", bytes, sha256: sha256.digest("hex"), md5: md5.digest("hex") } as const;
  if (!isExpected(drafted, file.expected)) return { type: "refused", reason: "not-as-expected" };
  await draft.sync();
  return drafted;
}

/** Writes a short text and syncs it. */
export async function writeWhole(path: string, text: string): Promise<void> {
  await using file = await open(path, "wx", ONLY_US);
  await file.writeFile(text);
  await file.sync();
}

/** What was renamed into a folder, or out of it, is so after a loss of power as well. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

/** A disk that is full refuses this file, and nothing else. */
async function hasRoomFor(draft: FileHandle, piece: Uint8Array): Promise<boolean> {
  try {
    await draft.writeFile(piece);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT"))
      return false;
    throw error;
  }
}

/** Whether the content is the one that was announced. */
export function isExpected(
  drafted: DraftedFile,
  { bytes, sha256 }: NewFile["expected"] & object = {},
): boolean {
  if (bytes !== undefined && bytes !== drafted.bytes) return false;
  return sha256 === undefined || sha256.toLowerCase() === drafted.sha256;
}
