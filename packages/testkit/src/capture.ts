import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeEnvelope, defaultLimits } from "@heliograph/protocol";
import type { DeviceRequest } from "@heliograph/protocol";
import { parseReply } from "./http-reply.ts";
import type { HttpReply } from "./http-reply.ts";

/** One message of a device and the reply it got, as a listener between them wrote them down. */
export interface Exchange {
  /** The capture's file. */
  readonly name: string;
  /** Which TCP connection of the capture it went over. */
  readonly connection: string;
  readonly request: CapturedRequest;
  readonly reply: HttpReply;
}

export interface CapturedRequest {
  /** The request line. */
  readonly line: string;
  /** Header lines in their order, as they were sent. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** A session of a capture, from its Inform on. */
export interface CapturedSession {
  readonly exchanges: readonly Exchange[];
  /** False where the capture breaks off before the last reply. */
  readonly isWhole: boolean;
  /** What the ACS called in it, in order: queue the same, and a replay runs to its end. */
  readonly expectedCalls: readonly DeviceRequest[];
}

const TO_SERVER = "# >>>> client to server\n";
const TO_CLIENT = "\n# <<<< server to client\n";
const CONNECTION = /^# connection (\d+) at /;

/**
 * The sessions of a capture: a folder of `NN.txt`, each with a device's HTTP message and its reply. Challenges are left
 * out, since a replay meets those of its own ACS; so are connection requests, and what stands before the first Inform.
 */
export function readCapture(folder: string): readonly CapturedSession[] {
  const names = readdirSync(folder).filter((name) => /^\d+\.txt$/.test(name));
  const exchanges = names
    .toSorted((one, other) => Number.parseInt(one) - Number.parseInt(other))
    .flatMap((name) => parseExchange(name, readFileSync(join(folder, name))));
  return splitSessions(exchanges);
}

/** Undefined, as an empty list, for what is no message of a device to its ACS. */
export function parseExchange(name: string, bytes: Buffer): readonly Exchange[] {
  const connection = CONNECTION.exec(bytes.toString("latin1", 0, 40))?.[1];
  const start = bytes.indexOf(TO_SERVER);
  const middle = bytes.indexOf(TO_CLIENT, start);
  if (connection === undefined || start < 0 || middle < 0) return [];
  const request = parseRequest(bytes.subarray(start + TO_SERVER.length, middle));
  const reply = parseReply(bytes.subarray(middle + TO_CLIENT.length), true)?.reply;
  if (reply === undefined) throw new Error(`${name} holds no whole reply`);
  return [{ name, connection, request, reply }];
}

function parseRequest(bytes: Buffer): CapturedRequest {
  const headEnd = bytes.indexOf("\r\n\r\n");
  const [line = "", ...headers] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const lengthLine = headers.find((header) => /^content-length:/i.test(header)) ?? "";
  const length = Number(lengthLine.slice(lengthLine.indexOf(":") + 1));
  const body = bytes.toString("utf8", headEnd + 4, headEnd + 4 + length);
  return { line, headers, body };
}

function splitSessions(exchanges: readonly Exchange[]): readonly CapturedSession[] {
  const sessions: Exchange[][] = [];
  let current: Exchange[] | undefined;
  let last = 0;
  for (const exchange of exchanges) {
    const number = Number.parseInt(exchange.name);
    if (methodOf(exchange.request.body) === "Inform") {
      if (exchange.reply.status === 401) continue;
      sessions.push((current = []));
    } else if (number !== last + 1) {
      current = undefined;
    }
    if (exchange.reply.status !== 401) current?.push(exchange);
    last = number;
    if (exchange.reply.status === 204) current = undefined;
  }
  return sessions.map(session);
}

function session(exchanges: readonly Exchange[]): CapturedSession {
  return {
    exchanges,
    isWhole: exchanges.at(-1)?.reply.status === 204,
    expectedCalls: exchanges.flatMap(({ reply }) => callIn(reply)),
  };
}

function callIn({ status, body }: HttpReply): readonly DeviceRequest[] {
  if (status !== 200 || body === "") return [];
  const message = decodeEnvelope(body, { role: "device", limits: defaultLimits });
  if (!message.ok || message.value.body.kind !== "request") return [];
  const { kind, ...request } = message.value.body;
  return [request];
}

function methodOf(body: string): string | undefined {
  const message = decodeEnvelope(body, { role: "acs", limits: defaultLimits });
  return message.ok && message.value.body.kind === "request" ? message.value.body.method : undefined;
}
