import type {
  Channel,
  ChannelMembers,
  ChannelPage,
  ChannelPresence,
  ChannelQuery,
  ChannelRequest,
  Publication,
  PublicationPage,
  PublicationQuery,
} from "../channels.ts";
import type { JsonObject } from "../schema.ts";
import type { CallOptions } from "./call-options.ts";
import { followStream, type StreamOptions } from "./follow-stream.ts";
import { askJson, segments, type Transport } from "./transport.ts";

/** Channels, on which things are published for devices. */
export interface ChannelsClient {
  list(query?: ChannelQuery, options?: CallOptions): Promise<ChannelPage>;
  get(name: string, options?: CallOptions): Promise<Channel>;
  /** Makes the channel, or changes what holds for it. */
  set(name: string, request?: ChannelRequest, options?: CallOptions): Promise<Channel>;
  remove(name: string, options?: CallOptions): Promise<void>;
  /** Begins a new epoch, as after a backup was put back. */
  renew(name: string, options?: CallOptions): Promise<Channel>;
  setMembers(name: string, members: ChannelMembers, options?: CallOptions): Promise<void>;
  publish(name: string, data: JsonObject, options?: PublishOptions): Promise<Publication>;
  publications(name: string, query?: PublicationQuery, options?: CallOptions): Promise<PublicationPage>;
  presence(name: string, query?: ChannelQuery, options?: CallOptions): Promise<ChannelPresence>;
  /** What is published from now on or after an offset, in order, each once; lost streams are opened again. */
  follow(name: string, options?: StreamOptions): AsyncGenerator<Publication, void, undefined>;
}

export interface PublishOptions extends CallOptions {
  /** Published again with the same key, it is the same publication. */
  readonly idempotencyKey?: string;
}

export function channelsClient(transport: Transport): ChannelsClient {
  const channel = (name: string, ...rest: readonly string[]): string => segments("channels", name, ...rest);
  return {
    list: (query, { signal } = {}) =>
      askJson(transport, { method: "GET", path: "channels", query: { ...query }, signal }),
    get: (name, { signal } = {}) => askJson(transport, { method: "GET", path: channel(name), signal }),
    set: (name, body = {}, { signal } = {}) =>
      askJson(transport, { method: "PUT", path: channel(name), body, signal }),
    async remove(name, { signal } = {}) {
      await transport({ method: "DELETE", path: channel(name), signal });
    },
    renew: (name, { signal } = {}) =>
      askJson(transport, { method: "POST", path: channel(name, "renewal"), signal }),
    async setMembers(name, body, { signal } = {}) {
      await transport({ method: "POST", path: channel(name, "members"), body, signal });
    },
    publish: (name, data, { signal, idempotencyKey } = {}) =>
      askJson(transport, {
        method: "POST",
        path: channel(name, "publications"),
        headers: idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey },
        body: { data },
        signal,
      }),
    publications: (name, query, { signal } = {}) =>
      askJson(transport, { method: "GET", path: channel(name, "publications"), query: { ...query }, signal }),
    presence: (name, query, { signal } = {}) =>
      askJson(transport, { method: "GET", path: channel(name, "presence"), query: { ...query }, signal }),
    follow: (name, { after, ...options } = {}) =>
      followStream(
        {
          transport,
          path: channel(name, "stream"),
          ...(after === undefined ? {} : { query: { after } }),
          read: readPublication,
        },
        options,
      ),
  };
}

function readPublication(data: string): Publication {
  const publication: unknown = JSON.parse(data);
  if (isPublication(publication)) return publication;
  throw new TypeError("the stream carried something that is no publication");
}

function isPublication(value: unknown): value is Publication {
  return typeof value === "object" && value !== null && "channel" in value && "offset" in value;
}
