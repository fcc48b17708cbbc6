import type { IncomingMessage, ServerResponse } from "node:http";
import { fileId, operationId } from "../../ports/index.ts";
import type {
  ByteSpan,
  Clock,
  FileId,
  FileLinks,
  FileRecord,
  FileStore,
  Log,
  OperationId,
} from "../../ports/index.ts";
import { last, plain, unavailable, withHeader, write, type Reply } from "../cwmp/reply.ts";
import { readRange } from "./byte-range.ts";
import { FILES_PATH, scopeOf } from "./file-url.ts";
import { sendPieces } from "./send-pieces.ts";
import type { TransferLogin } from "./transfer-login.ts";

export interface FileServerPorts {
  readonly files: Pick<FileStore, "file" | "read">;
  readonly links: FileLinks;
  readonly clock: Clock;
  readonly log: Log;
  /** For a device whose link has no token. */
  readonly login: Pick<TransferLogin, "ask">;
  /** Whether the transfer still goes on: once it has ended, its links open nothing. */
  readonly isOpen: (transfer: OperationId) => Promise<boolean>;
  /** Told of all that was handed to a device's connection. */
  readonly onRead: (reading: Reading) => void;
}

/** What a device has taken of a file. */
export interface Reading {
  readonly transfer: OperationId;
  readonly file: FileRecord;
  readonly span: ByteSpan;
}

export interface FileServerBounds {
  /** Devices that may read at once. */
  readonly maxReaders: number;
  /** A device that resumes may have left connections behind of which nobody has told us. */
  readonly maxReadersOfTransfer: number;
  /** For one piece, of 64 KiB, to be taken. */
  readonly pieceTimeoutMs: number;
}

export interface FileServer {
  serve(request: IncomingMessage, response: ServerResponse): void;
  /** Cuts whoever reads. Closing twice is no error. */
  close(): void;
}

const defaultBounds: FileServerBounds = {
  maxReaders: 500,
  maxReadersOfTransfer: 4,
  pieceTimeoutMs: 60_000,
};

const RETRY_SECONDS = 60;

/** Serves files to devices: whole or from where they left off, to whoever has the link, as long as its transfer goes on. */
export function startFileServer(ports: FileServerPorts, given: Partial<FileServerBounds> = {}): FileServer {
  const bounds = { ...defaultBounds, ...given };
  const readers = new Map<AbortController, OperationId>();
  let isClosed = false;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const found = isClosed ? closing : await find(ports, request);
    const ofTransfer = [...readers.values()].filter((each) => "file" in found && each === found.transfer);
    const isFull = readers.size >= bounds.maxReaders || ofTransfer.length >= bounds.maxReadersOfTransfer;
    if (!("file" in found)) write(request, response, last(found));
    else if (isFull) write(request, response, last(unavailable("too many read files", RETRY_SECONDS)));
    else await send(found, request, response);
  };

  const send = async (found: Found, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const planned = plan(found.file, request);
    if ("body" in planned) {
      write(request, response, planned);
      return;
    }
    response.writeHead(planned.status, planned.headers);
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    const { span } = planned;
    const cut = new AbortController();
    readers.set(cut, found.transfer);
    try {
      const pieces = ports.files.read(found.file.id, span);
      const { pieceTimeoutMs } = bounds;
      const to = await sendPieces(response, pieces, { ...ports, pieceTimeoutMs, signal: cut.signal });
      ports.onRead({ ...found, span: { from: span.from, to: span.from + to } });
    } finally {
      readers.delete(cut);
    }
  };

  return {
    serve(request, response) {
      request.resume();
      answer(request, response).catch((error: unknown) => {
        ports.log.error("a file could not be served", { error: error instanceof Error ? error : undefined });
        response.destroy();
      });
    },
    close() {
      isClosed = true;
      for (const cut of readers.keys()) cut.abort();
    },
  };
}

interface Found {
  readonly transfer: OperationId;
  readonly file: FileRecord;
}

const closing = unavailable("the ACS is closing", RETRY_SECONDS);
const nowhere = plain(404, "there is no such file");
/** Says the same of a link that never was good, is not any more, or is another file's. */
const refused = plain(403, "this link opens nothing, or not any more");

/** Where the file and all that stands before it is in order; the name at the end is for the device alone. */
const PATH = new RegExp(`^${FILES_PATH}([0-9a-f]{16})/([A-Za-z0-9_-]+)/[^/?]*(?:\\?.*)?$`);

async function find(ports: FileServerPorts, request: IncomingMessage): Promise<Found | Reply> {
  const { files, isOpen } = ports;
  const { method, url = "" } = request;
  if (method !== "GET" && method !== "HEAD")
    return withHeader(plain(405, "files are read"), "Allow", "GET, HEAD");
  const [, name = "", token = ""] = PATH.exec(url) ?? [];
  const id = fileId(name);
  if (id === undefined) return nowhere;
  const transfer = await letIn(ports, request, { id, token });
  if (typeof transfer === "object") return transfer;
  if (!(await isOpen(transfer))) return refused;
  const file = await files.file(id);
  return file === undefined ? nowhere : { transfer, file };
}

/** For which transfer the device is let in, by its token, or by its login where the transfer's id stands in place of one. */
async function letIn(
  { links, clock, login }: FileServerPorts,
  request: IncomingMessage,
  { id, token }: { readonly id: FileId; readonly token: string },
): Promise<OperationId | Reply> {
  const scope = scopeOf(id);
  const named = operationId(token);
  if (named !== undefined) return (await login.ask(request, { scope, transfer: named })) ?? named;
  return links.verify(token, scope, clock.now())?.transfer ?? refused;
}

interface Planned {
  readonly status: 200 | 206;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly span: ByteSpan;
}

/** What of the file is sent [RFC 9110 13, 14]; a file never changes, so that its hash says all. */
function plan(file: FileRecord, { headers }: IncomingMessage): Planned | Reply {
  const etag = `"${file.sha256}"`;
  if (headers["if-none-match"] === etag) return { status: 304, headers: { ETag: etag }, body: "" };
  const modified = new Date(file.addedAt).toUTCString();
  const condition = headers["if-range"];
  const isSame = condition === undefined || condition === etag || condition === modified;
  const range = readRange(isSame ? headers.range : undefined, file.bytes);
  if (range === "unsatisfiable") {
    return withHeader(plain(416, "the file ends before that"), "Content-Range", `bytes */${file.bytes}`);
  }
  const span = range === "whole" ? { from: 0, to: file.bytes } : range;
  const part = { "Content-Range": `bytes ${span.from}-${span.to - 1}/${file.bytes}` };
  return {
    status: range === "whole" ? 200 : 206,
    headers: {
      "Content-Type": "application/octet-stream",
      "Content-Length": span.to - span.from,
      "Content-Disposition": "attachment",
      "Accept-Ranges": "bytes",
      "X-Content-Type-Options": "nosniff",
      ETag: etag,
      "Last-Modified": modified,
      ...(range === "whole" ? {} : part),
    },
    span,
  };
}
