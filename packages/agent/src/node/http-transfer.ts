import type { DeviceFaultCode } from "../outcome.ts";
import { TransferError } from "../transfer.ts";
import type { Transfer, TransferHandler } from "../transfer.ts";
import { Authenticator } from "./authenticator.ts";

export interface HttpTransferOptions {
  /** Applies a file that was downloaded whole. Without it, it is only fetched. */
  readonly receive?: (file: Uint8Array, transfer: Transfer) => void | Promise<void>;
  /** Gives the file that is to be uploaded; an empty one where not given. */
  readonly provide?: (transfer: Transfer) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
  /** A longer file is refused. 256 MiB where not given. */
  readonly maxBytes?: number;
  /** How long a transfer may take in all. 10 minutes where not given. */
  readonly timeoutMs?: number;
}

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 600_000;

/** Moves files by HTTP: GET for a Download, PUT for an Upload, with Basic or Digest as the server asks [CWMP 1.4 A.3.2.8]. */
export function httpTransfer(options: HttpTransferOptions = {}): TransferHandler {
  return async (transfer) =>
    transfer.kind === "Download" ? download(transfer, options) : upload(transfer, options);
}

async function download(transfer: Transfer, options: HttpTransferOptions): Promise<void> {
  const response = await exchange(transfer, { method: "GET" }, options);
  const file = await readFile(response, options.maxBytes ?? DEFAULT_MAX_BYTES);
  const expected = "FileSize" in transfer ? (transfer.FileSize ?? 0) : 0;
  if (expected > 0 && expected !== file.length) throw new TransferError(9018);
  await options.receive?.(file, transfer);
}

async function upload(transfer: Transfer, options: HttpTransferOptions): Promise<void> {
  const body = (await options.provide?.(transfer)) ?? new Uint8Array();
  const response = await exchange(transfer, { method: "PUT", body }, options);
  await response.body?.cancel();
}

async function exchange(
  transfer: Transfer,
  request: RequestInit,
  options: HttpTransferOptions,
): Promise<Response> {
  const { Username = "", Password = "", URL: text } = transfer;
  const url = URL.parse(text);
  if (url?.protocol !== "http:" && url?.protocol !== "https:") throw new TransferError(9013);
  const credentials = Username === "" ? undefined : { username: Username, password: Password };
  const authenticator = new Authenticator({ credentials, allowBasic: true });
  const signal = AbortSignal.timeout(options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const send = async (): Promise<Response> => {
    const { method = "GET" } = request;
    const authorization = authenticator.authorization({ method, uri: url.pathname + url.search });
    const headers = authorization === undefined ? {} : { authorization };
    return fetch(url, { ...request, signal, headers }).catch((cause: unknown) => {
      throw new TransferError(9015, { cause });
    });
  };
  const response = await send();
  if (response.status !== 401) return checked(response, transfer);
  await response.body?.cancel();
  if (!authenticator.challenged(response.headers.get("www-authenticate") ?? ""))
    throw new TransferError(9012);
  return checked(await send(), transfer);
}

function checked(response: Response, { kind }: Transfer): Response {
  if (response.ok) return response;
  const isRefused = response.status === 401 || response.status === 403;
  const failure: DeviceFaultCode = kind === "Download" ? 9016 : 9011;
  throw new TransferError(isRefused ? 9012 : failure);
}

async function readFile(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of response.body ?? []) {
      const chunk: unknown = piece;
      if (!(chunk instanceof Uint8Array)) continue;
      bytes += chunk.length;
      if (bytes > maxBytes) throw new TransferError(9004);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw cause instanceof TransferError ? cause : new TransferError(9017, { cause });
  }
  return Buffer.concat(chunks);
}
