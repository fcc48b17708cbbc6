import type { DeviceKey } from "@heliograph/protocol";
import {
  fileId,
  isTransferKind,
  referredFile,
  UPLOAD_REFERENCE,
  type Clock,
  type DeviceCall,
  type DeviceRecord,
  type OperationId,
  type QuirkBook,
  type Store,
  type TransferUrls,
} from "../ports/index.ts";

interface LinkPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly urls: TransferUrls;
  readonly quirks: QuirkBook;
}

/**
 * The call with a link of its own where it names a file of ours, or asks for one: it is made as the call leaves, so that it
 * is good for as long as the transfer may take, and stands nowhere else.
 */
export async function withLink(
  device: DeviceKey,
  { operation, call }: { readonly operation: OperationId; readonly call: DeviceCall },
  ports: LinkPorts,
): Promise<DeviceCall> {
  const { method, params } = call;
  const { URL: named } = params;
  if (!isTransferKind(method) || typeof named !== "string") return call;
  const file = fileId(referredFile(named) ?? "");
  if (file === undefined && named !== UPLOAD_REFERENCE) return call;
  const { store, clock, urls, quirks } = ports;
  const patienceMs = (await store.operation(operation))?.transfer?.patienceMs ?? 0;
  const known = await store.device(device);
  const link = {
    transfer: operation,
    byLogin: known !== undefined && quirks.of(known).values["file-login"] === "login",
    expiresAt: clock.now() + patienceMs,
    deviceAcsUrl: await acsUrlOf(known, store),
  };
  const address = file === undefined ? urls.upload(link) : await urls.download({ ...link, file });
  if (address === undefined) return call;
  const { url, login } = address;
  const loggingIn = login === undefined ? {} : { Username: login.username, Password: login.password };
  return { method, params: { ...params, URL: url, ...loggingIn } };
}

/** By what URL the device says that it reaches the ACS; undefined where it has not said. */
async function acsUrlOf(device: DeviceRecord | undefined, store: Store): Promise<string | undefined> {
  const root = device?.facts.root;
  if (device === undefined || root === undefined) return undefined;
  const object = `${root}ManagementServer.`;
  const value = (await store.parameters(device.key, object))[object]?.["URL"]?.value;
  return typeof value === "string" ? value : undefined;
}
