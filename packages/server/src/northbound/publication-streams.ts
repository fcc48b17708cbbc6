import type { ServerResponse } from "node:http";
import { routes } from "@heliograph/api";
import { inputValidator } from "@heliograph/api/validation";
import { PublicationFeed } from "../channels/publication-feed.ts";
import {
  asError,
  type ChannelName,
  type ChannelRecord,
  type Position,
  type Publication,
} from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import { deadline } from "./deadline.ts";
import { findFollowed, onOwnerOf } from "./find-channel.ts";
import { publicationsAfter } from "./publications-after.ts";
import { isRefusal, refuseFor } from "./refusal.ts";
import { readInput, sendRefusal, type Served } from "./serve.ts";
import type { NorthboundLimits, NorthboundPorts } from "./settings.ts";
import { showPublication } from "./show-channel.ts";
import { isTaken, left, SSE_HEADERS, SSE_RETRY_MS } from "./sse.ts";
import { whileAdmitted } from "./while-admitted.ts";

export interface PublicationStreams {
  readonly served: Served;
  /** Streams of a channel that are open. */
  watchers(channel: ChannelName): number;
}

interface StreamSettings {
  readonly limits: NorthboundLimits;
  readonly signal: AbortSignal;
}

const RETRY_MS = 10_000;
const BATCH = 20;

/** Streams of what is published. One feed tells all of them when to look into the store. */
export function publicationStreams(ports: NorthboundPorts, settings: StreamSettings): PublicationStreams {
  const validator = inputValidator(routes.followPublications);
  const open = new Set<Watching>();
  let feed: PublicationFeed | undefined;
  const hear = ({ channel }: Publication): void => {
    for (const watching of open) if (watching.channel === channel) watching.wake();
  };
  const leave = (watching: Watching): void => {
    open.delete(watching);
    if (open.size > 0) return;
    feed?.close();
    feed = undefined;
  };
  return {
    watchers: (channel) => [...open].filter((watching) => watching.channel === channel).length,
    served: {
      route: routes.followPublications,
      async serve(request, reply) {
        const input = readInput(validator, request);
        if (isRefusal(input)) return sendRefusal(reply, input);
        const { manager } = request;
        const channel = await findFollowed(ports, input.params.name, manager);
        if (isRefusal(channel)) return sendRefusal(reply, channel);
        const { maxStreams } = settings.limits;
        if (open.size >= maxStreams) {
          const line = `${maxStreams} streams are open: close one, or wait`;
          return sendRefusal(reply, refuseFor("too-many-streams", line, RETRY_MS));
        }
        const at = startOf(channel, input.headers["last-event-id"], input.query.after);
        const watching = new Watching(channel.name, at);
        open.add(watching);
        feed ??= new PublicationFeed(ports, hear);
        const owning = await onOwnerOf(channel.name, manager);
        reply.hijack();
        await follow(reply.raw, watching, { ...settings, ports, manager: owning });
        leave(watching);
        return reply;
      },
    },
  };
}

/** One stream: where it stands, and how it is woken. */
class Watching {
  readonly channel: ChannelName;
  at: Position;
  #news = Promise.withResolvers<unknown>();

  constructor(channel: ChannelName, at: Position) {
    this.channel = channel;
    this.at = at;
  }

  wake(): void {
    this.#news.resolve(undefined);
    this.#news = Promise.withResolvers();
  }

  /** Resolves at the first publication from now on. */
  next(): Promise<unknown> {
    return this.#news.promise;
  }
}

interface Following extends StreamSettings {
  readonly ports: NorthboundPorts;
  readonly manager: Manager;
}

async function follow(response: ServerResponse, watching: Watching, following: Following): Promise<void> {
  const { ports, manager, signal } = following;
  using watched = whileAdmitted(manager, ports);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    await stream(response, watching, {
      ...following,
      signal: AbortSignal.any([signal, watched.over, gone.signal]),
    });
  } catch (error) {
    ports.log.warn("the stream of a channel broke off", { error: asError(error) });
    response.destroy();
  }
}

async function stream(response: ServerResponse, watching: Watching, following: Following): Promise<void> {
  const { ports, manager, limits, signal } = following;
  const { clock } = ports;
  const patience = { clock, waitMs: limits.slowReaderMs, signal };
  let text = `retry: ${SSE_RETRY_MS}\n${standing(watching.at)}`;
  let askedAt = clock.now();
  response.writeHead(200, SSE_HEADERS);
  while (!signal.aborted && (await isTaken(response, text, patience))) {
    const news = watching.next();
    text = await readOn(ports, watching);
    if (text === "") {
      using quiet = deadline(clock, limits.keepAliveMs, signal);
      await Promise.race([news, quiet.passed]);
      if (quiet.isPassed()) text = standing(watching.at);
    }
    if (left(limits.keepAliveMs, clock.now() - askedAt) > 0) continue;
    if (!(await manager.isAdmitted())) break;
    askedAt = clock.now();
  }
  if (response.writableNeedDrain) response.destroy();
  else response.end();
}

/** What comes next, or the state where what comes next is not kept any more. */
async function readOn({ store }: NorthboundPorts, watching: Watching): Promise<string> {
  const { channel, at } = watching;
  const next = await publicationsAfter(store, { channel, at, limit: BATCH });
  watching.at = next.at;
  return next.publications
    .map((each, index) => write(each, next.isWhole || index > 0 ? "publication" : "state"))
    .join("");
}

function startOf(
  { epoch, head }: ChannelRecord,
  lastId: string | undefined,
  after: number | undefined,
): Position {
  const [lastEpoch, lastOffset] = lastId?.split(".") ?? [];
  if (lastEpoch !== undefined && lastOffset !== undefined) {
    return { epoch: lastEpoch, offset: Number(lastOffset) };
  }
  return { epoch, offset: after ?? head };
}

function write(publication: Publication, event: "publication" | "state"): string {
  const { epoch, offset } = publication;
  return `id: ${epoch}.${offset}\nevent: ${event}\ndata: ${JSON.stringify(showPublication(publication))}\n\n`;
}

/** A comment by which a reader that comes back says where it is. */
function standing({ epoch, offset }: Position): string {
  return `: \nid: ${epoch}.${offset}\n\n`;
}
