import type { Call, Device, Operation, OperationRequest } from "@heliograph/api";
import { ApiError, NoAnswerError, type Client } from "@heliograph/api/client";
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { CommandError, UsageError } from "./command-error.ts";
import { jsonFlag, type Flag } from "./command.ts";
import { connectionFlags, type ConnectionFlag } from "./connect.ts";
import { exitCodes, type ExitCode } from "./exit-code.ts";
import { rootMessage } from "./explain-error.ts";
import type { Given } from "./given.ts";
import { isOpen, openSentence, showAnswers } from "./operation-words.ts";
import { showJson } from "./output.ts";
import { progressSentence } from "./refresh-words.ts";
import type { Terminal } from "./terminal.ts";
import { transferSentence } from "./transfer-words.ts";

const DEFAULT_WAIT_SECONDS = "30";
/** An operation that ends at once is seen at once; a long one is not asked after too often. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 800;
/** Reached once, after a second or so without an answer. */
const NOTICE_PAUSE_MS = 400;
/** How far a refresh has come is told this often. */
const PROGRESS_MS = 3_000;
/** For the ACS to say how an operation stands. */
const PATIENCE_MS = 10_000;
/** With a zone or without, which is this machine's. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

/** Of every command that calls a device. */
export const operationFlags = [
  {
    name: "wait",
    value: "seconds",
    default: DEFAULT_WAIT_SECONDS,
    help: "how long to wait for the device; the operation goes on afterwards",
  },
  { name: "detach", help: "do not wait: print the operation's id and end" },
  {
    name: "expires",
    value: "seconds|time",
    help: "when an operation that did not start is given up; else the ACS decides",
  },
  {
    name: "idempotency-key",
    value: "key",
    help: "asked again with the same key, the ACS answers the same operation and does nothing twice",
  },
  jsonFlag,
  ...connectionFlags,
] as const satisfies readonly Flag[];

export type OperationFlag = (typeof operationFlags)[number]["name"] | ConnectionFlag;

export interface Work {
  readonly client: Client;
  readonly device: Device;
  readonly calls: readonly Call[];
}

export interface Making {
  readonly client: Client;
  readonly make: (idempotencyKey: string) => Promise<Operation>;
}

/** Makes an operation of the calls, waits for its end as long as the flags say, and shows what came of it. */
export function carryOut(
  { client, device, calls }: Work,
  given: Given<OperationFlag>,
  terminal: Terminal,
): Promise<ExitCode> {
  const body = request(calls, given.text("expires"));
  const make = (idempotencyKey: string) => client.operations.create(device.key, body, { idempotencyKey });
  return seeThrough({ client, make }, given, terminal);
}

/** Makes an operation, waits for its end as long as the flags say, and shows what came of it. */
export async function seeThrough(
  { client, make }: Making,
  given: Given<OperationFlag>,
  terminal: Terminal,
): Promise<ExitCode> {
  const waitMs = waitOf(given);
  const idempotencyKey = given.text("idempotency-key") ?? randomUUID();
  using interruption = terminal.interruption();
  const operation = await make(idempotencyKey).catch((error: unknown) => {
    throw error instanceof NoAnswerError ? uncertain(error, idempotencyKey) : error;
  });
  if (!given.isOn("detach")) {
    const awaited = { client, operation, waitMs, signal: interruption.signal };
    return await awaitEnd(awaited, given, terminal);
  }
  if (given.isOn("json")) showJson(terminal, operation);
  else terminal.out(operation.id);
  return exitCodes.done;
}

export interface Awaited {
  readonly client: Client;
  readonly operation: Operation;
  readonly waitMs: number;
  /** Ends the wait before its time. */
  readonly signal: AbortSignal;
}

/** What `--wait` says, in milliseconds. */
export function waitOf(given: Given<"wait">): number {
  return (given.number("wait") ?? 0) * 1_000;
}

/** Waits for an operation's end, and shows what came of it. */
export async function awaitEnd(
  awaited: Awaited,
  given: Pick<Given<"json">, "isOn">,
  terminal: Terminal,
): Promise<ExitCode> {
  const last = await follow(awaited, terminal);
  if (given.isOn("json")) showJson(terminal, last);
  else showAnswers(terminal, last);
  if (!isOpen(last)) return last.state === "done" ? exitCodes.done : exitCodes.ended;
  await sayItGoesOn(awaited.client, last, terminal);
  return exitCodes.running;
}

/** Asks after the operation until it ends or the wait is over. An ACS that is away for a while ends no wait. */
async function follow(
  { client, operation, waitMs, signal }: Awaited,
  terminal: Terminal,
): Promise<Operation> {
  const until = terminal.now() + waitMs;
  const leftMs = (): number => until - terminal.now();
  let last = operation;
  let pauseMs = FIRST_PAUSE_MS;
  let tellAt = terminal.now() + PROGRESS_MS;
  while (isOpen(last) && leftMs() > 0 && !signal.aborted) {
    if (pauseMs === NOTICE_PAUSE_MS)
      terminal.err("waiting for the device; Ctrl-C ends the wait, not the operation");
    await setTimeout(Math.min(pauseMs, leftMs()), undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    last = (await askAfter(client, operation.id, signal)) ?? last;
    const progress = progressOf(last);
    if (progress !== undefined && isOpen(last) && terminal.now() >= tellAt) {
      terminal.err(progress);
      tellAt = terminal.now() + PROGRESS_MS;
    }
  }
  return last;
}

/** How far a long operation has come. */
function progressOf({ refresh, transfer, state }: Operation): string | undefined {
  if (refresh !== undefined) return progressSentence(refresh);
  return state === "transferring" ? transferSentence(transfer) : undefined;
}

/** The operation as it stands; undefined where the ACS does not say it now. */
async function askAfter(client: Client, id: string, signal: AbortSignal): Promise<Operation | undefined> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    return await client.operations.get(id, { signal: patience });
  } catch (error) {
    const isAway = error instanceof NoAnswerError || (error instanceof ApiError && error.status >= 500);
    if (patience.aborted || isAway) return undefined;
    throw error;
  }
}

/** The answer was lost, and perhaps only the answer. */
function uncertain(error: NoAnswerError, idempotencyKey: string): CommandError {
  return new CommandError(`the ACS cannot be reached: ${rootMessage(error)}`, exitCodes.unreachable, [
    "whether it took the operation is not known; the same command does nothing twice with",
    `--idempotency-key ${idempotencyKey}`,
  ]);
}

async function sayItGoesOn(client: Client, operation: Operation, terminal: Terminal): Promise<void> {
  const { id, state } = operation;
  terminal.err(`operation ${id} goes on; it is ${state}`);
  terminal.err(`  heliograph operation ${id} --wait 60   follows it`);
  if (state === "queued") terminal.err(`  heliograph cancel ${id}   takes it back`);
  const device = await client.devices.get(operation.device);
  terminal.err(openSentence(operation, device, terminal.now()));
}

function request(calls: readonly Call[], expires: string | undefined): OperationRequest {
  const [call, ...others] = calls;
  const ends = expires === undefined ? {} : { expires: readExpires(expires) };
  return call !== undefined && others.length === 0 ? { ...call, ...ends } : { rpcs: [...calls], ...ends };
}

export function readExpires(text: string): number | string {
  if (/^\d+$/.test(text)) return Number(text);
  const time = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new UsageError(`--expires must be seconds or a time such as 2026-01-31T12:00Z; it is "${text}"`);
  return new Date(time).toISOString();
}
