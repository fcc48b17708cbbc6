import { createSocket, type Socket } from "node:dgram";
import { setTimeout } from "node:timers/promises";
import { decodeStun, encodeStun, stunLimits, type BindingRequest } from "@heliograph/protocol";
import type { Attacker } from "./attacker.ts";
import type { HostileCase } from "./hostile-case.ts";

const DATAGRAMS = 10_000;
/** As many go out before the system is given the time to take them. */
const WAVE = 200;
const ELSEWHERE = "127.0.0.2";
/** How often a well-behaved device asks before it gives up. */
const TRIES = 20;
const RETRY_MS = 250;

async function open(from: string): Promise<Socket> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, from, resolve));
  return socket;
}

function bindingRequest(at: number): BindingRequest {
  const transaction = at.toString(16).padStart(32, "0");
  return {
    type: "binding-request",
    transaction,
    forConnectionRequests: false,
    bindingChanged: false,
    unknown: [],
  };
}

function request(at: number): Uint8Array {
  return encodeStun(bindingRequest(at));
}

interface Flood {
  /** An address of its own, for what one address may ask is spent by the floods before. */
  readonly from: string;
  readonly bytes: (at: number) => Uint8Array;
}

/** Sends datagrams as fast as the system takes them, and meanwhile asks once as a device at another address does. */
async function flood({ target }: Attacker, { from, bytes }: Flood): Promise<string> {
  const { host, port } = target.stun;
  const attacking = await open(from);
  let answers = 0;
  attacking.on("message", () => (answers += 1));
  for (let at = 0; at < DATAGRAMS; at += 1) {
    attacking.send(bytes(at), port, host);
    if (at % WAVE === 0) await setTimeout(1);
  }
  const neighbour = await isServed(target.stun);
  attacking.close();
  const share = answers === 0 ? "none" : answers < DATAGRAMS / 2 ? "a part" : "most";
  return `${share} answered; a neighbour ${neighbour ? "is" : "is not"}`;
}

/** Whether a Binding Request from elsewhere is answered, of the few that a device sends. */
async function isServed({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> {
  const socket = await open(ELSEWHERE);
  const answered = new AbortController();
  socket.on("message", (bytes) => {
    if (decodeStun(bytes, stunLimits).ok) answered.abort();
  });
  for (let count = 0; count < TRIES && !answered.signal.aborted; count += 1) {
    socket.send(request(count), port, host);
    await setTimeout(RETRY_MS, undefined, { signal: answered.signal }).catch(() => undefined);
  }
  socket.close();
  return answered.signal.aborted;
}

/** Asks for answers to somebody else, who counts what comes. */
async function reflect(attacker: Attacker): Promise<string> {
  const victim = await open(ELSEWHERE);
  let struck = 0;
  victim.on("message", () => (struck += 1));
  const responseAddress = { address: ELSEWHERE, port: victim.address().port };
  const bytes = (at: number): Uint8Array => encodeStun({ ...bindingRequest(at), responseAddress });
  const got = await flood(attacker, { from: "127.0.0.13", bytes });
  victim.close();
  return `${got}; somebody else got ${struck}`;
}

/** What comes as datagrams, from whoever. */
export const udpCases: readonly HostileCase[] = [
  {
    name: "10,000 Binding Requests at once",
    attack: (attacker) => flood(attacker, { from: "127.0.0.11", bytes: request }),
    expected: "a part answered; a neighbour is",
  },
  {
    name: "10,000 datagrams that are no STUN",
    attack: (attacker) => {
      return flood(attacker, { from: "127.0.0.12", bytes: (at) => new Uint8Array(at % 1_400).fill(at) });
    },
    expected: "none answered; a neighbour is",
  },
  {
    name: "10,000 Binding Requests that ask for answers to somebody else",
    attack: reflect,
    expected: "a part answered; a neighbour is; somebody else got 0",
  },
];
