import type { AuditPage, AuditQuery } from "../audit.ts";
import type { CredentialsRotation, Device, DevicePage, DeviceQuery } from "../devices.ts";
import type { DeviceEvent, DeviceEventQuery, EventPage } from "../events.ts";
import type { DownloadRequest, File, FileList, FileQuery, NewFileQuery, UploadRequest } from "../files.ts";
import type { Operation, OperationPage, OperationQuery, OperationRequest } from "../operations.ts";
import type { DetailedParameters, Parameters } from "../parameters.ts";
import type { RefreshRequest } from "../refreshes.ts";
import type {
  DeviceQuirk,
  DeviceQuirkList,
  Model,
  ModelQuirks,
  QuirkFile,
  QuirkImport,
  QuirkImportQuery,
  QuirkList,
  QuirkRequest,
} from "../quirks.ts";
import type { LiveMessage } from "../live.ts";
import type { JsonObject } from "../schema.ts";
import type { NewToken, TokenList, TokenRequest } from "../tokens.ts";
import { backupsClient, type BackupsClient } from "./backups-client.ts";
import { campaignsClient, type CampaignsClient } from "./campaigns-client.ts";
import { channelsClient, type ChannelsClient } from "./channels-client.ts";
import type { CallOptions } from "./call-options.ts";
import { accessClient, type AccessClient } from "./access.ts";
import { DeviceFaultError, NoResultError } from "./errors.ts";
import { configurationsClient, type ConfigurationsClient } from "./configurations-client.ts";
import { policiesClient, type PoliciesClient } from "./policies-client.ts";
import { groupsClient, type GroupsClient } from "./groups-client.ts";
import { leasesClient, type LeasesClient } from "./leases-client.ts";
import { followEvents, type FollowOptions } from "./follow-events.ts";
import { tracesClient, type TracesClient } from "./traces-client.ts";
import { webhooksClient, type WebhooksClient } from "./webhooks-client.ts";
import { watchLive, type WatchLiveOptions } from "./watch-live.ts";
import {
  askJson,
  httpTransport,
  segments,
  type FileContent,
  type Transport,
  type TransportOptions,
} from "./transport.ts";

/**
 * The API for a manager's program. Everything rejects with `ApiError` where the ACS refused, `NoAnswerError` where nobody
 * answered, and the signal's reason where it was aborted. Keys go in as they are.
 */
export interface Client extends AccessClient {
  readonly devices: DevicesClient;
  readonly operations: OperationsClient;
  readonly files: FilesClient;
  readonly backups: BackupsClient;
  readonly campaigns: CampaignsClient;
  readonly channels: ChannelsClient;
  readonly groups: GroupsClient;
  readonly leases: LeasesClient;
  readonly policies: PoliciesClient;
  readonly configurations: ConfigurationsClient;
  readonly quirks: QuirksClient;
  readonly tokens: TokensClient;
  readonly traces: TracesClient;
  readonly webhooks: WebhooksClient;
  audit(query?: AuditQuery, options?: CallOptions): Promise<AuditPage>;
  /** Watches values of a device; see {@link watchLive}. */
  live(
    device: string,
    paths: readonly string[],
    options?: WatchLiveOptions,
  ): AsyncGenerator<LiveMessage, void, undefined>;
  /** Follows events; see {@link followEvents}. */
  events(options?: FollowOptions): AsyncGenerator<DeviceEvent, void, undefined>;
  /**
   * Calls one RPC and gives its result. Rejects with `DeviceFaultError` where the device refused, and with
   * `NoResultError` where it had not answered after `wait` seconds, or never will.
   */
  call(device: string, method: string, options?: RpcOptions): Promise<JsonObject>;
}

export interface DevicesClient {
  list(query?: DeviceQuery, options?: CallOptions): Promise<DevicePage>;
  get(key: string, options?: CallOptions): Promise<Device>;
  approve(key: string, options?: CallOptions): Promise<Device>;
  reject(key: string, options?: CallOptions): Promise<Device>;
  /** Rejects the claim on a device, and not the device. */
  rejectClaim(key: string, options?: CallOptions): Promise<Device>;
  remove(key: string, options?: CallOptions): Promise<void>;
  /** Has the device given new credentials of its own; says whether it is told now, or when it comes next. */
  rotateCredentials(key: string, options?: CallOptions): Promise<CredentialsRotation>;
  /** Leaves the device alone no longer. */
  relieve(key: string, options?: CallOptions): Promise<Device>;
  /** What is known at and below `path`. */
  parameters(key: string, path?: string, options?: CallOptions): Promise<Parameters>;
  /** The same, also with when it was learned, whether it can be written, and its attributes. */
  parameterDetails(key: string, path?: string, options?: CallOptions): Promise<DetailedParameters>;
  events(key: string, query?: DeviceEventQuery, options?: CallOptions): Promise<EventPage>;
  /** What holds for the device where devices differ. */
  quirks(key: string, options?: CallOptions): Promise<DeviceQuirkList>;
  setQuirk(key: string, quirk: ChosenQuirk, options?: CallOptions): Promise<DeviceQuirk>;
  /** Takes back what was set; what holds then was set for its model, learned, or is usual. */
  unsetQuirk(key: string, name: string, options?: CallOptions): Promise<DeviceQuirk>;
}

export interface OperationsClient {
  create(device: string, request: OperationRequest, options?: CreateOptions): Promise<Operation>;
  /** Reads what is asked for in steps that the device can bear. */
  refresh(device: string, request?: RefreshRequest, options?: CreateOptions): Promise<Operation>;
  /** Has the device fetch one of our files. */
  download(device: string, request: DownloadRequest, options?: CreateOptions): Promise<Operation>;
  /** Has the device send a file, by default its configuration. */
  upload(device: string, request?: UploadRequest, options?: CreateOptions): Promise<Operation>;
  get(id: string, options?: CallOptions): Promise<Operation>;
  list(query?: OperationQuery, options?: CallOptions): Promise<OperationPage>;
  cancel(id: string, options?: CallOptions): Promise<Operation>;
}

/** Files for devices, and from them. */
export interface FilesClient {
  list(query?: FileQuery, options?: CallOptions): Promise<FileList>;
  /** Sends a file as it is read; resolves once it is on the disk of the ACS. */
  add(about: NewFileQuery, content: FileContent, options?: CallOptions): Promise<File>;
  get(id: string, options?: CallOptions): Promise<File>;
  /** Its bytes, to be read as they come. */
  content(id: string, options?: CallOptions): Promise<Response>;
  remove(id: string, options?: CallOptions): Promise<void>;
}

/** Quirks in general, and those of models. */
export interface QuirksClient {
  list(options?: CallOptions): Promise<QuirkList>;
  set(model: Model, quirk: ChosenQuirk, options?: CallOptions): Promise<ModelQuirks>;
  unset(model: Model, name: string, options?: CallOptions): Promise<ModelQuirks>;
  export(model?: Partial<Model>, options?: CallOptions): Promise<QuirkFile>;
  import(file: unknown, query?: QuirkImportQuery, options?: CallOptions): Promise<QuirkImport>;
}

export interface ChosenQuirk extends QuirkRequest {
  readonly name: string;
}

export interface TokensClient {
  list(options?: CallOptions): Promise<TokenList>;
  create(request: TokenRequest, options?: CallOptions): Promise<NewToken>;
  revoke(id: string, options?: CallOptions): Promise<void>;
}

export interface CreateOptions extends CallOptions {
  /** Asked again with the same key, nothing is done twice. */
  readonly idempotencyKey?: string;
}

export interface RpcOptions extends CreateOptions {
  readonly params?: JsonObject;
  /** Seconds, at most 60; left out: 30. */
  readonly wait?: number;
}

const DEFAULT_WAIT_SECONDS = 30;

export function createClient(options: TransportOptions): Client {
  const transport = httpTransport(options);
  const operations = operationsClient(transport);
  return {
    devices: devicesClient(transport),
    operations,
    files: filesClient(transport),
    backups: backupsClient(transport),
    campaigns: campaignsClient(transport),
    channels: channelsClient(transport),
    groups: groupsClient(transport),
    leases: leasesClient(transport),
    policies: policiesClient(transport),
    configurations: configurationsClient(transport),
    quirks: quirksClient(transport),
    tokens: tokensClient(transport),
    traces: tracesClient(transport),
    webhooks: webhooksClient(transport),
    ...accessClient(transport),
    audit: (query, { signal } = {}) =>
      askJson(transport, { method: "GET", path: "audit", query: { ...query }, signal }),
    live: (device, paths, options) => watchLive(transport, { device, paths }, options),
    events: (follow = {}) => followEvents(transport, follow),
    call: (device, method, rpc = {}) => call(operations, device, { ...rpc, method }),
  };
}

function devicesClient(transport: Transport): DevicesClient {
  const device = (...rest: readonly string[]): string => segments("devices", ...rest);
  return {
    list: (query, { signal } = {}) =>
      askJson(transport, { method: "GET", path: "devices", query: { ...query }, signal }),
    get: (key, { signal } = {}) => askJson(transport, { method: "GET", path: device(key), signal }),
    approve: (key, { signal } = {}) =>
      askJson(transport, { method: "POST", path: device(key, "approve"), signal }),
    reject: (key, { signal } = {}) =>
      askJson(transport, { method: "POST", path: device(key, "reject"), signal }),
    rejectClaim: (key, { signal } = {}) =>
      askJson(transport, { method: "DELETE", path: device(key, "claim"), signal }),
    async remove(key, { signal } = {}) {
      await transport({ method: "DELETE", path: device(key), signal });
    },
    rotateCredentials: (key, { signal } = {}) =>
      askJson(transport, { method: "POST", path: device(key, "credentials", "rotate"), signal }),
    relieve: (key, { signal } = {}) =>
      askJson(transport, { method: "POST", path: device(key, "relieve"), signal }),
    parameters: (key, path, { signal } = {}) =>
      askJson(transport, { method: "GET", path: device(key, "parameters"), query: { path }, signal }),
    parameterDetails: (key, path, { signal } = {}) =>
      askJson(transport, {
        method: "GET",
        path: device(key, "parameters"),
        query: { path, detail: true },
        signal,
      }),
    events: (key, query, { signal } = {}) =>
      askJson(transport, { method: "GET", path: device(key, "events"), query: { ...query }, signal }),
    quirks: (key, { signal } = {}) =>
      askJson(transport, { method: "GET", path: device(key, "quirks"), signal }),
    setQuirk: (key, { name, value }, { signal } = {}) =>
      askJson(transport, { method: "PUT", path: device(key, "quirks", name), body: { value }, signal }),
    unsetQuirk: (key, name, { signal } = {}) =>
      askJson(transport, { method: "DELETE", path: device(key, "quirks", name), signal }),
  };
}

function quirksClient(transport: Transport): QuirksClient {
  const quirk = (name: string): string => segments("quirks", name);
  return {
    list: ({ signal } = {}) => askJson(transport, { method: "GET", path: "quirks", signal }),
    set: (model, { name, value }, { signal } = {}) =>
      askJson(transport, { method: "PUT", path: quirk(name), query: { ...model }, body: { value }, signal }),
    unset: (model, name, { signal } = {}) =>
      askJson(transport, { method: "DELETE", path: quirk(name), query: { ...model }, signal }),
    export: (model = {}, { signal } = {}) =>
      askJson(transport, { method: "GET", path: quirk("export"), query: { ...model }, signal }),
    import: (file, query = {}, { signal } = {}) =>
      askJson(transport, { method: "POST", path: quirk("import"), query: { ...query }, body: file, signal }),
  };
}

function operationsClient(transport: Transport): OperationsClient {
  const post = (path: string, body: object, { signal, idempotencyKey }: CreateOptions): Promise<Operation> =>
    askJson(transport, {
      method: "POST",
      path,
      headers: idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey },
      body,
      signal,
    });
  return {
    create: (device, body, options = {}) => post(segments("devices", device, "operations"), body, options),
    refresh: (device, body = {}, options = {}) => post(segments("devices", device, "refresh"), body, options),
    download: (device, body, options = {}) => post(segments("devices", device, "downloads"), body, options),
    upload: (device, body = {}, options = {}) => post(segments("devices", device, "uploads"), body, options),
    get: (id, { signal } = {}) =>
      askJson(transport, { method: "GET", path: segments("operations", id), signal }),
    list: (query, { signal } = {}) =>
      askJson(transport, { method: "GET", path: "operations", query: { ...query }, signal }),
    cancel: (id, { signal } = {}) =>
      askJson(transport, { method: "DELETE", path: segments("operations", id), signal }),
  };
}

function filesClient(transport: Transport): FilesClient {
  const file = (...rest: readonly string[]): string => segments("files", ...rest);
  return {
    list: (query, { signal } = {}) =>
      askJson(transport, { method: "GET", path: "files", query: { ...query }, signal }),
    add: (about, content, { signal } = {}) =>
      askJson(transport, { method: "POST", path: "files", query: { ...about }, content, signal }),
    get: (id, { signal } = {}) => askJson(transport, { method: "GET", path: file(id), signal }),
    content: (id, { signal } = {}) => transport({ method: "GET", path: file(id, "content"), signal }),
    async remove(id, { signal } = {}) {
      await transport({ method: "DELETE", path: file(id), signal });
    },
  };
}

function tokensClient(transport: Transport): TokensClient {
  return {
    list: ({ signal } = {}) => askJson(transport, { method: "GET", path: "tokens", signal }),
    create: (body, { signal } = {}) => askJson(transport, { method: "POST", path: "tokens", body, signal }),
    async revoke(id, { signal } = {}) {
      await transport({ method: "DELETE", path: segments("tokens", id), signal });
    },
  };
}

async function call(
  operations: OperationsClient,
  device: string,
  { method, params = {}, wait = DEFAULT_WAIT_SECONDS, ...options }: RpcOptions & { readonly method: string },
): Promise<JsonObject> {
  const operation = await operations.create(device, { method, params, wait }, options);
  if (operation.result !== undefined) return operation.result;
  if (operation.fault !== undefined) throw new DeviceFaultError(operation.fault, operation);
  throw new NoResultError(operation);
}
