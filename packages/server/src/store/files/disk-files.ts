import { createReadStream } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileId, FileGoneError, isFileName } from "../../ports/files.ts";
import type {
  AddFileResult,
  ByteSpan,
  FileId,
  FileRecord,
  FileRefusal,
  FileStore,
  NewFile,
} from "../../ports/files.ts";
import type { Clock, Random } from "../../ports/index.ts";
import { present } from "../row.ts";
import { draftFile, syncFolder, writeWhole } from "./draft-file.ts";
import type { DraftedFile } from "./draft-file.ts";
import { readFileRecord } from "./file-record.ts";
import { FreeSpace, type MeasureSpace } from "./free-space.ts";

export interface DiskFilesOptions {
  /** Made where there is none. */
  readonly folder: string;
  readonly clock: Pick<Clock, "now">;
  readonly random: Pick<Random, "hex">;
  readonly limits?: Partial<FileLimits>;
  /** Left out: as the system says. */
  readonly measureSpace?: MeasureSpace;
}

export interface FileLimits {
  readonly maxFileBytes: number;
  /** Of a file that a device sends. */
  readonly maxUploadBytes: number;
  readonly maxTotalBytes: number;
  readonly maxFiles: number;
  /** On the disk: where there is less, nothing is taken. */
  readonly keepFreeBytes: number;
}

const MEBIBYTE = 1024 * 1024;

export const defaultFileLimits: FileLimits = {
  maxFileBytes: 512 * MEBIBYTE,
  maxUploadBytes: 64 * MEBIBYTE,
  maxTotalBytes: 10_240 * MEBIBYTE,
  maxFiles: 10_000,
  keepFreeBytes: 256 * MEBIBYTE,
};

/** Where files grow until they are whole, and where those go that are being removed. */
const DRAFTS = "drafts";
const ID_BYTES = 8;
/** As much as is read before anybody has taken it. */
const PIECE_BYTES = 64 * 1024;

/**
 * Keeps each file as a folder of its own, `<id>/content` beside `<id>/about.json`. It is made under another name, synced, and
 * appears by one rename: bytes and what is said of them are there together, or neither is. What an earlier run left half
 * done is swept here.
 */
export async function openDiskFiles(options: DiskFilesOptions): Promise<FileStore> {
  const { folder } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rm(join(folder, DRAFTS), { recursive: true, force: true });
  await mkdir(join(folder, DRAFTS), { mode: 0o700 });
  const known = new Map<FileId, FileRecord>();
  for (const file of await readRecords(folder)) known.set(file.id, file);
  return new DiskFiles(options, known);
}

async function readRecords(folder: string): Promise<readonly FileRecord[]> {
  const ids = (await readdir(folder)).map(fileId).filter((id) => id !== undefined);
  const records = await Promise.all(ids.map((id) => readFileRecord(join(folder, id, "about.json"), id)));
  return records
    .filter((record) => record !== undefined)
    .toSorted((a, b) => a.addedAt - b.addedAt || (a.id < b.id ? -1 : 1));
}

class DiskFiles implements FileStore {
  readonly #options: DiskFilesOptions;
  readonly #limits: FileLimits;
  readonly #known: Map<FileId, FileRecord>;
  readonly #space: FreeSpace;
  /** Files that are being added; each may become one more. */
  #drafts = 0;
  /** Of all files, those that are being added among them as far as they have come. */
  #bytes = 0;

  constructor(options: DiskFilesOptions, known: Map<FileId, FileRecord>) {
    this.#options = options;
    this.#limits = { ...defaultFileLimits, ...options.limits };
    this.#space = new FreeSpace(options.folder, this.#limits.keepFreeBytes, options.measureSpace);
    this.#known = known;
    for (const { bytes } of known.values()) this.#bytes += bytes;
  }

  async file(id: FileId): Promise<FileRecord | undefined> {
    return this.#known.get(id);
  }

  async files(): Promise<readonly FileRecord[]> {
    return [...this.#known.values()];
  }

  async add(file: NewFile, content: AsyncIterable<Uint8Array>): Promise<AddFileResult> {
    if (!isFileName(file.name)) return { type: "refused", reason: "bad-name" };
    const refused = await this.#refusal(file);
    if (refused !== undefined) return { type: "refused", reason: refused };
    const id = fileId(this.#options.random.hex(ID_BYTES));
    if (id === undefined) throw new Error("the id of a file is 16 hexadecimal digits");
    const draft = join(this.#options.folder, DRAFTS, id);
    let reserved = 0;
    const reserve = async (bytes: number): Promise<FileRefusal | undefined> => {
      if (reserved + bytes > this.#mostBytes(file)) return "too-large";
      if (this.#bytes + bytes > this.#limits.maxTotalBytes) return "full";
      reserved += bytes;
      this.#bytes += bytes;
      return (await this.#space.take(bytes)) ? undefined : "full";
    };
    this.#drafts++;
    try {
      const drafted = await draftFile(draft, { file, content, reserve });
      if (drafted.type === "refused") return drafted;
      const record = await this.#publish(draft, {
        ...described(file, drafted),
        ...{ id, addedAt: this.#options.clock.now() },
      });
      reserved = 0;
      return { type: "added", file: record };
    } finally {
      this.#drafts--;
      this.#bytes -= reserved;
      await rm(draft, { recursive: true, force: true });
    }
  }

  async *read(id: FileId, span?: ByteSpan): AsyncGenerator<Uint8Array> {
    const file = this.#known.get(id);
    if (file === undefined) throw new FileGoneError(id);
    const { from, to } = span ?? { from: 0, to: file.bytes };
    if (from >= to) return;
    const path = join(this.#options.folder, id, "content");
    const stream = createReadStream(path, { start: from, end: to - 1, highWaterMark: PIECE_BYTES });
    for await (const piece of stream) {
      const bytes: unknown = piece;
      if (bytes instanceof Uint8Array) yield bytes;
    }
  }

  async remove(id: FileId): Promise<boolean> {
    const file = this.#known.get(id);
    if (file === undefined) return false;
    const { folder } = this.#options;
    const removed = join(folder, DRAFTS, id);
    // Nobody else removes it meanwhile.
    this.#known.delete(id);
    try {
      await rename(join(folder, id), removed);
    } catch (error) {
      this.#known.set(id, file);
      throw error;
    }
    this.#bytes -= file.bytes;
    await syncFolder(folder);
    await rm(removed, { recursive: true, force: true });
    return true;
  }

  /** What can be said before anything has come. */
  async #refusal(file: NewFile): Promise<FileRefusal | undefined> {
    if (this.#known.size + this.#drafts >= this.#limits.maxFiles) return "too-many";
    const announced = file.expected?.bytes ?? 0;
    if (announced > this.#mostBytes(file)) return "too-large";
    const isFull = this.#bytes + announced > this.#limits.maxTotalBytes;
    return isFull || !(await this.#space.hasRoomFor(announced)) ? "full" : undefined;
  }

  #mostBytes({ device }: NewFile): number {
    const { maxFileBytes, maxUploadBytes } = this.#limits;
    return device === undefined ? maxFileBytes : Math.min(maxFileBytes, maxUploadBytes);
  }

  async #publish(draft: string, record: FileRecord): Promise<FileRecord> {
    const { folder } = this.#options;
    await writeWhole(join(draft, "about.json"), `${JSON.stringify(record)}\n`);
    await syncFolder(draft);
    await rename(draft, join(folder, record.id));
    await syncFolder(folder);
    this.#known.set(record.id, record);
    return record;
  }
}

function described(
  { name, kind, version, target, device }: NewFile,
  { bytes, sha256, md5 }: DraftedFile,
): Omit<FileRecord, "id" | "addedAt"> {
  return present({ name, kind, version, target, device, bytes, sha256, md5 });
}
