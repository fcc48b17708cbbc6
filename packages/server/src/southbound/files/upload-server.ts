import type { IncomingMessage, ServerResponse } from "node:http";
import { operationId } from "../../ports/index.ts";
import type { Clock, FileLinks, FileRecord, FileRefusal, FileStore } from "../../ports/index.ts";
import type { Log, NewFile, OperationId } from "../../ports/index.ts";
import { atItsOwnPace } from "../../http/body-bound.ts";
import { defaultPace, paced, SlowBodyError, type BodyPace } from "../../http/paced-body.ts";
import { last, nothing, plain, unavailable, withHeader, write, type Reply } from "../cwmp/reply.ts";
import type { TransferLogin } from "./transfer-login.ts";
import { UPLOADS_PATH, uploadScopeOf } from "./upload-url.ts";

export interface UploadServerPorts {
  readonly files: Pick<FileStore, "add" | "remove">;
  readonly links: FileLinks;
  readonly clock: Clock;
  readonly log: Log;
  /** For a device whose link has no token. */
  readonly login: Pick<TransferLogin, "ask">;
  /** What a transfer is to bring; undefined for one that has ended, or was none. */
  readonly expected: (transfer: OperationId) => Promise<ExpectedUpload | undefined>;
  /** Keeps that the file has come; the device is answered after that. */
  readonly onUploaded: (transfer: OperationId, file: FileRecord) => Promise<void>;
}

export type ExpectedUpload =
  | { readonly type: "wanted"; readonly file: NewFile }
  /** It has come whole: what comes after it does not take its place. */
  | { readonly type: "received" };

export interface UploadServer {
  serve(request: IncomingMessage, response: ServerResponse): void;
}

export interface UploadBounds {
  /** Devices that may send at once. */
  readonly maxUploads: number;
  readonly pace: BodyPace;
}

const defaultBounds: UploadBounds = { maxUploads: 50, pace: defaultPace };

const RETRY_SECONDS = 60;

/** Takes files of devices that have a link, one of each transfer. They are kept, and never looked into. */
export function startUploadServer(ports: UploadServerPorts, given: Partial<UploadBounds> = {}): UploadServer {
  const { maxUploads, pace } = { ...defaultBounds, ...given };
  const running = new Set<OperationId>();

  const answer = async (request: IncomingMessage): Promise<Reply> => {
    const { method } = request;
    if (method !== "PUT" && method !== "POST")
      return withHeader(plain(405, "files are sent here"), "Allow", "PUT, POST");
    const transfer = await letIn(ports, request);
    if (typeof transfer === "object") return transfer;
    if (running.has(transfer)) return plain(409, "another upload of this transfer is under way");
    if (running.size >= maxUploads) return unavailable("too many send files", RETRY_SECONDS);
    running.add(transfer);
    try {
      return await atItsOwnPace(request, () => receive({ ...ports, pace }, transfer, request));
    } finally {
      running.delete(transfer);
    }
  };

  return {
    serve(request, response) {
      answer(request).then(
        (reply) => write(request, response, reply === nothing ? reply : last(reply)),
        (error: unknown) => {
          // A device that breaks off is no failure of ours.
          if (!request.destroyed)
            ports.log.error("an upload failed", { error: error instanceof Error ? error : undefined });
          response.destroy();
        },
      );
    },
  };
}

const PATH = new RegExp(`^${UPLOADS_PATH}([0-9a-f]{32})(?:/([A-Za-z0-9_-]+)(?:/[^/?]*)?)?(?:\\?.*)?$`);
const refused = plain(403, "this link takes nothing, or not any more");

/** For which transfer the device is let in, by its token, or by its login where there is none. */
async function letIn(
  { links, clock, login }: UploadServerPorts,
  request: IncomingMessage,
): Promise<OperationId | Reply> {
  const [, name = "", token] = PATH.exec(request.url ?? "") ?? [];
  const transfer = operationId(name);
  if (transfer === undefined) return refused;
  const scope = uploadScopeOf(transfer);
  if (token === undefined) return (await login.ask(request, { scope, transfer })) ?? transfer;
  return links.verify(token, scope, clock.now())?.transfer === transfer ? transfer : refused;
}

async function receive(
  { files, expected, onUploaded, clock, pace }: UploadServerPorts & Pick<UploadBounds, "pace">,
  transfer: OperationId,
  content: IncomingMessage,
): Promise<Reply> {
  const upload = await expected(transfer);
  if (upload === undefined) return refused;
  if (upload.type === "received") return plain(409, "the file of this transfer has come");
  // A file that is refused half way must leave the connection for the reply.
  const file = { ...upload.file, ...announced(content) };
  const body = paced(content.iterator({ destroyOnReturn: false }), { pace, clock });
  const result = await files.add(file, body).catch(slow);
  if (result.type === "slow") return late;
  if (result.type === "refused") return refusals[result.reason];
  try {
    await onUploaded(transfer, result.file);
  } catch (error) {
    await files.remove(result.file.id);
    throw error;
  }
  return nothing;
}

const late = plain(408, "the file comes too slowly");

function slow(error: unknown): { readonly type: "slow" } {
  if (error instanceof SlowBodyError) return { type: "slow" };
  throw error;
}

/** How long the file is to be, where the device says so. */
function announced({ headers }: IncomingMessage): Pick<NewFile, "expected"> {
  const bytes = headers["content-length"];
  return bytes === undefined ? {} : { expected: { bytes: Number(bytes) } };
}

const refusals: Readonly<Record<FileRefusal, Reply>> = {
  "too-large": plain(413, "the file is larger than is taken"),
  full: plain(507, "there is no room for the file"),
  "too-many": plain(507, "there are as many files as may be"),
  "bad-name": plain(400, "the file has no usable name"),
  "not-as-expected": plain(422, "the file is not the one that was asked for"),
};
