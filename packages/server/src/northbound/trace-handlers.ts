import { Readable } from "node:stream";
import { routes, type RouteInput } from "@heliograph/api";
import { inputValidator } from "@heliograph/api/validation";
import type { DeviceKey } from "@heliograph/protocol";
import type { FastifyReply } from "fastify";
import { asError, type TracedMessage, type TraceQuery, type TraceState } from "../ports/index.ts";
import type { Manager } from "./authentication.ts";
import { findDevice, unknownDevice } from "./device-handlers.ts";
import { isRefusal, refuse, refuseFor, type Refusal } from "./refusal.ts";
import { give, readInput, sendRefusal, serve, type Served } from "./serve.ts";
import type { NorthboundLimits, RestPorts } from "./settings.ts";
import { showTrace, showTraced, writeTraced, writeTraceHead } from "./show-trace.ts";
import { streamTrace } from "./trace-stream.ts";
import { whileAdmitted } from "./while-admitted.ts";

const PAGE = 100;
const USUAL_SECONDS = 1_800;
const RETRY_MS = 10_000;

interface TraceSettings {
  readonly limits: NorthboundLimits;
  /** Ends every stream. */
  readonly signal: AbortSignal;
}

/** What devices and the ACS say to each other. Who switches it on or off, and who reads it, is written down. */
export function traceHandlers(ports: RestPorts, settings: TraceSettings) {
  const { traces, clock } = ports;
  return {
    switchTraceOn: serve(routes.switchTraceOn, async ({ input: { params, body }, manager }) => {
      const device = await findDevice(ports, params.key);
      if (device === undefined) return unknownDevice(params.key);
      if (ports.seesNoDevices === true) return elsewhere;
      const { for: seconds = USUAL_SECONDS } = body;
      const state = await traces.switchOn(device.key, { by: manager.name, forMs: seconds * 1_000 });
      if (state === undefined) return tooMany;
      const done = { action: "switch-trace-on", device: device.key, manager, detail: { seconds } } as const;
      try {
        await writeDown(ports, done);
      } catch (error) {
        // Nobody is traced without its being written down.
        await traces.switchOff(device.key);
        throw error;
      }
      return give(200, showTrace(state, clock.now()));
    }),

    switchTraceOff: serve(routes.switchTraceOff, async ({ input: { params }, manager }) => {
      const trace = await findTrace(ports, params.key);
      if (isRefusal(trace)) return trace;
      await writeDown(ports, { action: "switch-trace-off", device: trace.device, manager, detail: {} });
      const state = await traces.switchOff(trace.device);
      return give(200, showTrace(state ?? trace, clock.now()));
    }),

    getTrace: serve(routes.getTrace, async ({ input: { params, query }, manager }) => {
      const trace = await findTrace(ports, params.key);
      if (isRefusal(trace)) return trace;
      await writeDown(ports, { action: "read-trace", device: trace.device, manager, detail: {} });
      await traces.settled(trace.device);
      const { after = 0, limit = PAGE } = query;
      const messages = await traces.read(trace.device, { after, limit, ...spanOf(query) });
      const last = messages.at(-1);
      const next = last === undefined || messages.length < limit ? {} : { next: last.id };
      return give(200, { trace: showTrace(trace, clock.now()), items: messages.map(showTraced), ...next });
    }),

    ...followHandlers(ports, settings),
    downloadTrace: downloadTrace(ports),
  };
}

const tooMany = refuse("too-many-traces", "as many devices as can be are traced: switch one off");

const elsewhere = refuse(
  "untraceable-here",
  "devices come to other processes of this ACS: traces are kept where cwmp, light and api are one process",
);

type Reading = Pick<RestPorts, "store" | "clock">;

interface Done {
  readonly action: "switch-trace-on" | "switch-trace-off" | "read-trace";
  readonly device: DeviceKey;
  readonly manager: Manager;
  readonly detail: Readonly<Record<string, string | number>>;
}

async function writeDown({ store, clock }: Reading, { manager, ...done }: Done): Promise<void> {
  await store.commit("record-audit", { audit: { at: clock.now(), manager: manager.name, ...done } });
}

async function findTrace(ports: RestPorts, key: string): Promise<TraceState | Refusal> {
  const device = await findDevice(ports, key);
  if (device === undefined) return unknownDevice(key);
  const state = ports.traces.state(device.key);
  const way = `PUT /api/v1/devices/${key}/trace switches it on`;
  return state ?? refuse("not-traced", `there is no trace of the device: ${way}`);
}

function spanOf({
  from,
  to,
}: {
  readonly from?: string;
  readonly to?: string;
}): Pick<TraceQuery, "from" | "to"> {
  return {
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
  };
}

function downloadTrace(ports: RestPorts): Served {
  const route = routes.downloadTrace;
  const validator = inputValidator(route);
  return {
    route,
    async serve(request, reply) {
      const input = readInput(validator, request);
      if (isRefusal(input)) return sendRefusal(reply, input);
      const trace = await findTrace(ports, input.params.key);
      if (isRefusal(trace)) return sendRefusal(reply, trace);
      const { manager } = request;
      const { format = "text", ...span } = input.query;
      await writeDown(ports, { action: "read-trace", device: trace.device, manager, detail: { format } });
      await ports.traces.settled(trace.device);
      const isText = format === "text";
      const name = `trace-${trace.device.replaceAll("%", "_")}.${isText ? "txt" : "jsonl"}`;
      return reply
        .type(isText ? "text/plain; charset=utf-8" : "application/x-ndjson")
        .header("content-disposition", `attachment; filename="${name}"`)
        .send(Readable.from(isText ? textOf(ports, trace, span) : linesOf(ports, trace, span)));
    },
  };
}

type Span = Parameters<typeof spanOf>[0];

async function* textOf(ports: RestPorts, trace: TraceState, span: Span): AsyncGenerator<string> {
  yield writeTraceHead(trace);
  for await (const message of allOf(ports, trace, span)) yield writeTraced(message);
}

async function* linesOf(ports: RestPorts, trace: TraceState, span: Span): AsyncGenerator<string> {
  for await (const message of allOf(ports, trace, span)) yield `${JSON.stringify(showTraced(message))}\n`;
}

/** As far as it went when it was asked for: one that is on has no end. */
async function* allOf({ traces }: RestPorts, trace: TraceState, span: Span): AsyncGenerator<TracedMessage> {
  const { device } = trace;
  const lastId = traces.state(device)?.lastId ?? 0;
  let after = 0;
  for (;;) {
    const messages = await traces.read(device, { after, limit: PAGE, ...spanOf(span) });
    for (const message of messages) if (message.id <= lastId) yield message;
    after = messages.at(-1)?.id ?? lastId;
    if (messages.length < PAGE || after >= lastId) return;
  }
}

interface Following extends TraceSettings {
  readonly ports: RestPorts;
  readonly input: RouteInput<typeof routes.followTrace>;
  readonly trace: TraceState;
  readonly manager: Manager;
}

function followHandlers(ports: RestPorts, settings: TraceSettings) {
  const validator = inputValidator(routes.followTrace);
  const { maxStreams } = settings.limits;
  let open = 0;
  const followTrace: Served = {
    route: routes.followTrace,
    async serve(request, reply) {
      const input = readInput(validator, request);
      if (isRefusal(input)) return sendRefusal(reply, input);
      const trace = await findTrace(ports, input.params.key);
      if (isRefusal(trace)) return sendRefusal(reply, trace);
      if (open >= maxStreams) {
        const line = `${maxStreams} streams are open: close one, or wait`;
        return sendRefusal(reply, refuseFor("too-many-streams", line, RETRY_MS));
      }
      const { manager } = request;
      open += 1;
      try {
        await writeDown(ports, { action: "read-trace", device: trace.device, manager, detail: { live: 1 } });
        reply.hijack();
        await follow(reply, { ...settings, ports, input, trace, manager });
      } finally {
        open -= 1;
      }
      return reply;
    },
  };
  return { followTrace };
}

async function follow(reply: FastifyReply, following: Following): Promise<void> {
  const { ports, input, trace, manager, limits, signal } = following;
  using watched = whileAdmitted(manager, ports);
  const lastId = input.headers["last-event-id"];
  const after = lastId === undefined ? input.query.after : Number(lastId);
  try {
    await streamTrace(reply.raw, {
      traces: ports.traces,
      device: trace.device,
      clock: ports.clock,
      limits,
      // Of a trace that began anew, who has seen more is not left waiting.
      after: Math.min(after ?? 0, trace.lastId),
      signal: AbortSignal.any([signal, watched.over]),
      isAdmitted: manager.isAdmitted,
    });
  } catch (error) {
    ports.log.warn("the stream of a trace broke off", { error: asError(error) });
    reply.raw.destroy();
  }
}
